import { openSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';

/** One model, one deployment, and whoever the host says is calling. */
export function plainConfig(upstreamUrl) {
  return {
    models: {
      fast: { deployments: [{ model: 'openai/gpt-4o-mini', baseUrl: `${upstreamUrl}/v1`, apiKey: 'sk-bench' }] },
    },
    authenticate: ({ req }) => USERS.get(req.headers['x-user']),
  };
}

/** Everything a company switches on: limits, a budget, a ledger that receives every record, a line of log for every call. */
export function fullConfig(upstreamUrl) {
  const log = openLog();
  const ledger = { calls: 0, costNanoUsd: 0 };
  return {
    ...plainConfig(upstreamUrl),
    authenticate: ({ req }) => GOVERNED_USERS.get(req.headers['x-user']),
    sinks: [
      {
        name: 'ledger',
        record(batch) {
          for (const record of batch) {
            ledger.calls += 1;
            ledger.costNanoUsd += record.costNanoUsd ?? 0;
          }
        },
      },
    ],
    observers: [
      {
        name: 'log',
        callEnded({ id, principal, requestedModel, deployment, outcome, usage, costNanoUsd, startedAt, endedAt }) {
          const line = {
            id,
            user: principal.id,
            requestedModel,
            deployment,
            outcome,
            usage,
            costNanoUsd,
            ms: endedAt - startedAt,
          };
          log(`${JSON.stringify(line)}\n`);
        },
      },
    ],
  };
}

/** Who `fetchAs` calls as, under the same limits. */
export const GOVERNED = {
  id: 'ada',
  team: 'engines',
  limits: { requestsPerMinute: 10_000_000, tokensPerMinute: 10_000_000_000, concurrentCalls: 10_000 },
  budget: { usd: 1_000_000, per: 'month' },
};

const USERS = new Map([['ada', { id: 'ada', team: 'engines' }]]);
const GOVERNED_USERS = new Map([['ada', GOVERNED]]);

/** Lines leave 4 KB at a time, as from pino with `minLength: 4096`: a write of its own for each would cost more than the call. */
function openLog() {
  const file = openSync(devNull, 'w');
  let waiting = '';
  return (line) => {
    waiting += line;
    if (waiting.length < 4096) return;
    writeSync(file, waiting);
    waiting = '';
  };
}
