import { type Principal, totalInputTokens, totalOutputTokens, type UsageRecord } from '@portico/nestjs';
import { PLANS, type Plan } from './tenants.js';

interface Usage {
  readonly tenant: string;
  readonly plan: Plan;
  readonly principal: Principal;
  readonly records: readonly UsageRecord[];
}

/** The usage of a tenant, as a page. */
export function usagePage({ tenant, plan, principal, records }: Usage): string {
  const { requestsPerMinute, concurrentCalls } = PLANS[plan].limits;
  const { usd, per } = PLANS[plan].budget;
  const spent = sum(records.filter((record) => record.principal.id === principal.id).map(costUsd));
  const other = plan === 'team' ? 'free' : 'team';
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Usage of ${escaped(tenant)}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/style.css">
</head>
<body><main>
  <header><div><h1>${escaped(tenant)}</h1><p>What your team has asked, and what it cost.</p></div><a href="/">Back to the chat</a></header>
  <section class="card">
    <h2>The ${plan} plan</h2>
    <p>${requestsPerMinute} requests a minute, ${concurrentCalls} at a time, $${usd} per ${per} for each user.</p>
    <meter min="0" max="${usd}" value="${spent}">${dollars(spent)}</meter>
    <p>You have spent <strong>${dollars(spent)}</strong> of $${usd}.</p>
    <form method="post" action="/plan"><button name="plan" value="${other}">Change to the ${other} plan</button></form>
  </section>
  <table>
    <thead><tr><th>When</th><th>Who</th><th>Model</th><th>End</th><th class="number">Tokens in</th><th class="number">out</th><th class="number">Cost</th></tr></thead>
    <tbody>${[...records].reverse().map(row).join('') || '<tr><td colspan="7">Nothing yet.</td></tr>'}</tbody>
    <tfoot><tr><td colspan="6">All calls of the team</td><td class="number">${dollars(sum(records.map(costUsd)))}</td></tr></tfoot>
  </table>
</main></body>
</html>`;
}

function row(record: UsageRecord): string {
  const { endedAt, principal, requestedModel, outcome, usage } = record;
  const texts = [
    new Date(endedAt).toISOString().slice(11, 19),
    principal.id,
    requestedModel,
    outcome.replaceAll('_', ' '),
  ];
  const numbers = [totalInputTokens(usage), totalOutputTokens(usage), dollars(costUsd(record))];
  return `<tr>${texts.map((text) => `<td>${escaped(text)}</td>`).join('')}${numbers.map((number) => `<td class="number">${number}</td>`).join('')}</tr>`;
}

function costUsd({ costNanoUsd }: UsageRecord): number {
  return (costNanoUsd ?? 0) / 1e9;
}

function dollars(usd: number): string {
  return `$${usd.toFixed(6)}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
