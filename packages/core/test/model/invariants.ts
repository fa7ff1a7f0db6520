import { totalInputTokens, totalOutputTokens, type Usage } from '../../src/usage/usage.js';
import type { UsageRecord } from '../../src/usage/usage-record.js';
import type { ClientSide } from './client.js';
import { type PlannedHooks, priceOf } from './plan.js';
import { idOf, type Run } from './run-plan.js';
import type { Exchange } from './vendor.js';

/** No estimate of these requests and answers is higher. */
const MOST_ESTIMATED = 100;

/** Everything that must hold when a run is over, and does not. */
export function brokenIn(run: Run): string[] {
  return [
    ...run.wrong,
    ...records(run),
    ...counters(run),
    ...leftovers(run),
    ...run.clients.flatMap((client) => clientSide(client, run)),
  ];
}

function records({ records: all, started, vendor, plan }: Run): string[] {
  const wrong: string[] = [];
  for (const id of started) {
    const count = all.filter((record) => record.id === id).length;
    if (count !== 1) wrong.push(`${count} records of the admitted call ${id}`);
  }
  if (all.length !== started.length) wrong.push(`${all.length} records, ${started.length} admitted calls`);
  for (const record of all) {
    const exchanges = vendor.exchanges.filter(({ callId }) => callId === record.id);
    wrong.push(...bill(record, exchanges), ...attemptsOf(record, plan.hooks));
  }
  return wrong;
}

/**
 * Of all attempts of a call only the one that is its answer has not failed. A middleware may ask several times, or not at all, and
 * its client may leave when it has an answer.
 */
function attemptsOf({ id, operation, outcome, attempts }: UsageRecord, { answer }: PlannedHooks): string[] {
  const isAsked = !['files', 'batches'].includes(operation);
  if (isAsked && answer !== 'none') return [];
  const answers = attempts.filter(({ failure }) => failure === undefined).length;
  const expected = outcome === 'ok' ? 1 : 0;
  return answers === expected ? [] : [`${answers} attempts of ${id} without a failure, which is ${outcome}`];
}

/** The vendor's bill, where it said one, is in the record, and what it did not say is estimated. */
function bill(record: UsageRecord, exchanges: readonly Exchange[]): string[] {
  const wrong: string[] = [];
  const { usage, costNanoUsd = 0, attempts, id } = record;
  if (attempts.length < exchanges.length) wrong.push(`${exchanges.length} requests and ${attempts.length} attempts`);
  if (attempts.some(({ endedAt }) => endedAt === undefined)) wrong.push(`an attempt of ${id} has no end`);
  if (exchanges.some(({ spoken }) => spoken === 'files')) return wrong;
  const said = exchanges.filter((exchange) => exchange.said && exchange.status === 200);
  // One that was broken off may have been so before its status was heard.
  const silent = exchanges.filter(
    (exchange) => !said.includes(exchange) && (exchange.destroyed || (exchange.status ?? 200) === 200),
  );
  const tokens = said.reduce((sum, each) => sum + each.bill.input + each.bill.output, 0);
  const cost = said.reduce((sum, each) => sum + costOf(each), 0);
  const over = silent.length * MOST_ESTIMATED;
  const used = tokensOf(usage);
  if (used < tokens || used > tokens + over) wrong.push(`${used} tokens recorded, ${tokens} billed (+${over})`);
  if (costNanoUsd < cost || costNanoUsd > cost + over * 10_000)
    wrong.push(`${costNanoUsd} nano-dollars recorded, ${cost} billed`);
  return wrong;
}

function costOf({ model, bill: { input, output } }: Exchange): number {
  const price = priceOf(model);
  return 1_000 * (price.input * input + price.output * output);
}

function tokensOf(usage: Usage): number {
  return totalInputTokens(usage) + totalOutputTokens(usage);
}

function counters({ counters: store, plan, records: all }: Run): string[] {
  const wrong = [...store.unsettled(), ...store.reserved().map((each) => `still reserved: ${each}`)];
  const ofAll = all.reduce((sum, { costNanoUsd = 0 }) => sum + costNanoUsd, 0);
  if (plan.teamUsd !== undefined && store.spentByTeam() !== ofAll) {
    wrong.push(`team: ${store.spentByTeam()} nano-dollars settled, ${ofAll} recorded`);
  }
  for (const { id } of plan.callers) {
    const own = all.filter(({ principal }) => principal.id === id);
    const tokens = own.reduce((sum, { usage }) => sum + tokensOf(usage), 0);
    const cost = own.reduce((sum, { costNanoUsd = 0 }) => sum + costNanoUsd, 0);
    if (store.spent('tokens', id) !== tokens)
      wrong.push(`${id}: ${store.spent('tokens', id)} tokens settled, ${tokens} recorded`);
    if (store.spent('budget', id) !== cost)
      wrong.push(`${id}: ${store.spent('budget', id)} nano-dollars settled, ${cost} recorded`);
  }
  return wrong;
}

function leftovers({ healths, gateway, pendingTimers, vendor }: Run): string[] {
  const wrong: string[] = [];
  for (const { id, inFlight } of healths) if (inFlight !== 0) wrong.push(`${inFlight} in flight at ${id}`);
  if (gateway.openCalls !== 0) wrong.push(`${gateway.openCalls} calls open at the end`);
  if (pendingTimers !== 0) wrong.push(`${pendingTimers} timers left`);
  for (const { number, body, destroyed } of vendor.exchanges) {
    if (body !== undefined ? !body.isOver : !destroyed) wrong.push(`the upstream request ${number} goes on`);
  }
  return wrong;
}

function clientSide(client: ClientSide, run: Run): string[] {
  const { reply, text, ends, fails, surplus, isClientGone, planned } = client;
  if (reply === undefined) return [`no reply to ${planned.asks}`];
  const id = idOf(reply.headers);
  const record = run.records.find((each) => each.id === id);
  const wrong: string[] = [];
  if (surplus > 0) wrong.push(`${surplus} events after the end`);
  if (reply.kind === 'whole') {
    if (ends + fails > 0) wrong.push('a whole answer with a stream');
    if (record !== undefined) wrong.push(...wholeAnswer(reply.status, text, record, run));
    else if (reply.status === 200) wrong.push('an answer without a record');
    return wrong.map((each) => `${planned.asks} ${id}: ${each}`);
  }
  if (record === undefined) return [`a stream without a record: ${id}`];
  if (ends + fails > 1 || (ends + fails === 0 && !isClientGone)) wrong.push(`its stream ended ${ends + fails} times`);
  wrong.push(...streamed(client, record, run));
  return wrong.map((each) => `${planned.asks} ${id} (${record.outcome}, ${record.failure}): ${each}`);
}

function wholeAnswer(status: number, text: string, record: UsageRecord, run: Run): string[] {
  const { outcome } = record;
  if (status !== 200) {
    const { kind } = (JSON.parse(text) as { error: { kind: string } }).error;
    const expected = kind === 'client_closed' ? 'client_gone' : 'failed';
    return outcome === expected && record.failure === kind
      ? []
      : [`answered with ${kind}, recorded as ${outcome} (${record.failure})`];
  }
  return outcome === 'ok' ? whoAnswered(text, record, run) : [`answered, recorded as ${outcome} (${record.failure})`];
}

/** The deployment of the record is the one whose words the client has; every answer says which request it is of. */
function whoAnswered(text: string, record: UsageRecord, { vendor }: Run): string[] {
  const last = [...text.matchAll(/u(\d+)\./g)].at(-1)?.[1];
  const exchange = last === undefined ? undefined : vendor.exchanges[Number(last)];
  if (exchange === undefined || exchange.deployment === record.deployment) return [];
  return [`answered by ${exchange.deployment}, recorded as ${record.deployment}`];
}

function streamed({ text, ends, fails, isClientGone, planned }: ClientSide, record: UsageRecord, run: Run): string[] {
  const isComplete = isCompleteText(text, planned.asks);
  const hasError = /^(event: error|data: \{"error":\{)/m.test(text);
  if (isClientGone) {
    const expected = isComplete ? ['ok', 'client_gone', 'incomplete'] : ['client_gone', 'incomplete', 'ok'];
    return expected.includes(record.outcome) ? [] : [`left, recorded as ${record.outcome}`];
  }
  if (isComplete && !hasError && ends === 1) {
    return record.outcome === 'ok' ? whoAnswered(text, record, run) : [`complete, recorded as ${record.outcome}`];
  }
  const wrong: string[] = [];
  if (ends === 1 && !hasError)
    wrong.push(`it ended cleanly without being complete: ${JSON.stringify(text.slice(-80))}`);
  if (isComplete && fails === 0) wrong.push('complete, and an error came after');
  if (record.outcome === 'ok') wrong.push('incomplete, recorded as ok');
  return wrong;
}

function isCompleteText(text: string, asks: ClientSide['planned']['asks']): boolean {
  if (asks === 'chat') return text.includes('data: [DONE]');
  if (asks === 'responses') return /event: response\.(completed|incomplete)/.test(text);
  if (asks === 'messages') return text.includes('event: message_stop');
  return text.endsWith('}');
}
