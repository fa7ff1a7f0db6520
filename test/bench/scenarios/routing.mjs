import { systemClock } from '@portico/core';
import { STRATEGIES } from '../../../packages/core/dist/routes/strategy.js';
import { createCandidateSets } from '../../../packages/core/dist/routing/candidate-sets.js';
import { createHealth } from '../../../packages/core/dist/routing/health.js';
import { valueCheck } from '../verdict.mjs';

const SIZES = [
  { groups: 1, deployments: 10 },
  { groups: 1_000, deployments: 10 },
  { groups: 1, deployments: 100 },
  { groups: 1_000, deployments: 100 },
  { groups: 1, deployments: 1_000 },
];

/** From a model's name to the deployment that is asked: what it costs, and how it grows with groups and deployments. */
export const routing = {
  name: 'routing',
  async run(bench) {
    const calls = bench.quick ? 50_000 : 200_000;
    const measured = STRATEGIES.map((by) => ({
      by,
      microseconds: SIZES.map((size) => decisionMicroseconds(by, size, calls)),
    }));
    const slowest = Math.max(...measured.map(({ microseconds }) => microseconds[3]));
    const byGroups = Math.max(...measured.map(({ microseconds }) => microseconds[3] / microseconds[2]));
    const byDeployments = Math.max(...measured.map(({ microseconds }) => microseconds[4] / microseconds[0]));
    return {
      title: 'Routing decision, µs',
      head: ['strategy', ...SIZES.map(({ groups, deployments }) => `${groups} × ${deployments}`)],
      rows: measured.map(({ by, microseconds }) => [by, ...microseconds]),
      checks: [
        valueCheck('Routing decision, 1,000 groups × 100 deployments, slowest strategy', {
          value: slowest,
          unit: 'µs',
          limit: 10,
        }),
        // Memory is slower where there is more of it: what must not show is a search.
        valueCheck('… with a thousand times the groups', { value: byGroups, unit: '×', limit: 10 }),
        valueCheck('… with a hundred times the deployments', { value: byDeployments, unit: '×', limit: 7 }),
      ],
      raw: measured,
    };
  },
};

function decisionMicroseconds(by, { groups, deployments }, calls) {
  const health = createHealth(COOLDOWNS, systemClock);
  const candidateSets = createCandidateSets(health, { priceOf: ({ price }) => price, random: Math.random });
  const table = new Map(Array.from({ length: groups }, (_, at) => [`group-${at}`, groupOf(by, at, deployments)]));
  const names = [...table.keys()];
  const decide = (number) => {
    const group = table.get(names[number % names.length]);
    return candidateSets.candidatesFor(group.route, group, CALL).choose(Date.now(), PICKED);
  };
  // Every group is met once before: lanes are made by the first call.
  for (let number = 0; number < Math.max(names.length, calls / 10); number += 1) decide(number);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round += 1) {
    const startedAt = process.hrtime.bigint();
    for (let number = 0; number < calls; number += 1) decide(number);
    best = Math.min(best, Number(process.hrtime.bigint() - startedAt) / calls / 1_000);
  }
  return best;
}

const COOLDOWNS = {
  cooldownMs: 5_000,
  quotaCooldownMs: 60_000,
  maxWaitMs: 0,
  failuresInARow: 3,
  failureRate: 0.5,
  minCalls: 10,
  windowMs: 30_000,
};

const CALL = {
  operation: { name: 'chat.completions' },
  summary: { stream: true, inputCharacters: 1_200, inputAttachments: 0, maxOutputTokens: 300, answers: 1 },
  tags: [],
};

const PICKED = { stream: true, outputTokens: 300, stickyKey: () => 'a conversation of somebody' };

function groupOf(by, number, count) {
  const deployments = Array.from({ length: count }, (_, at) => ({
    id: `${number}-${at}`,
    provider: {},
    codecs: { 'chat.completions': {} },
    connection: { paths: { 'chat.completions': '/' } },
    weight: 1 + (at % 3),
    order: 0,
    tags: [],
    capabilities: {},
    limits: undefined,
    price: at,
  }));
  return { route: { kind: 'pool', deployments, strategy: { by, key: 'prompt' } } };
}
