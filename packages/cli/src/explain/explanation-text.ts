import type { ExplainedDeployment, ExplainedLimit, ExplainedNode, Explanation } from '@portico/core';
import { dollars, type Paint } from '../usage/usage-table.js';

/** What would happen to a call, as an indented tree. */
export function explanationText(explanation: Explanation, caller: string, paint: Paint): string {
  const { model, route, fallbacks, inputTokens, limits } = explanation;
  const lines = [
    paint.bold(`${model}, requested by ${caller} with ${inputTokens} input tokens`),
    ...nodeLines(route, 1, paint),
  ];
  if (fallbacks.length > 0) lines.push(`Fallbacks: ${fallbacks.join(', ')}`);
  if (limits.length > 0) lines.push(paint.bold(`Limits of ${caller}`), ...limits.map(limitLine));
  return lines.join('\n');
}

function nodeLines(node: ExplainedNode | undefined, depth: number, paint: Paint): readonly string[] {
  const indent = '  '.repeat(depth);
  if (node === undefined) return [`${indent}nobody`];
  const below = (inner: ExplainedNode | undefined) => nodeLines(inner, depth + 1, paint);
  switch (node.decision) {
    case 'deployments':
      return node.deployments.length === 1
        ? node.deployments.map((each) => indent + deploymentLine(each, paint))
        : [
            `${indent}one of, ${node.strategy}:`,
            ...node.deployments.map((each) => `${indent}  ${deploymentLine(each, paint)}`),
          ];
    case 'group':
      return [`${indent}the model ${node.group}:`, ...below(node.route)];
    case 'split':
      return node.shares.flatMap(({ share, route }) => [`${indent}${percent(share)} of the calls:`, ...below(route)]);
    case 'when':
      return [
        `${indent}by ${node.rule ?? 'no rule: it would be rejected'}:`,
        ...(node.rule === undefined ? [] : below(node.route)),
      ];
    case 'fallback':
      return [`${indent}in this order:`, ...node.nodes.flatMap(below)];
    case 'race':
      return [`${indent}all of these at once:`, ...node.nodes.flatMap(below)];
    case 'cheapest':
    case 'fastest':
      return [`${indent}the ${node.decision} first:`, ...node.nodes.flatMap(below)];
  }
}

function deploymentLine(deployment: ExplainedDeployment, paint: Paint): string {
  const {
    id,
    provider,
    model,
    why,
    cooldownRemainingMs,
    order: command,
    weight,
    price,
    worstCostNanoUsd,
    limits,
  } = deployment;
  const facts = [
    ...(command === 0 ? [] : [`order ${command}`]),
    ...(weight === 1 ? [] : [`weight ${weight}`]),
    price === undefined
      ? 'no known price'
      : `${perMillion(price.input)} in and ${perMillion(price.output)} out per million tokens`,
    ...(worstCostNanoUsd === undefined ? [] : [`${dollars(BigInt(worstCostNanoUsd))} at most`]),
    ...Object.entries(limits ?? {}).map(([name, limit]) => `${name} ${limit}`),
  ];
  const name = `${provider}/${model} (${id})`;
  if (why !== undefined) return paint.faint(`not ${name}: ${why}`);
  const rests = cooldownRemainingMs > 0 ? `, in cooldown for ${Math.ceil(cooldownRemainingMs / 1_000)} s` : '';
  return `${name}: ${facts.join(', ')}${rests}`;
}

function limitLine({ counted, per, limit, taken, needs, fits }: ExplainedLimit): string {
  const show = (amount: number) => (counted === 'budget' ? dollars(BigInt(amount)) : String(amount));
  const period = per === 'total' ? '' : ` a ${per}`;
  const verdict = fits ? '' : ': the call would be rejected';
  return `  ${counted}${period}: ${show(needs)} needed, ${show(taken)} of ${show(limit)} taken${verdict}`;
}

function perMillion(nanoUsd: number): string {
  return `$${Number((nanoUsd / 1e9).toPrecision(6))}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
