import type { Admission } from '../accounts/admission.js';
import { scopesOfPrincipal } from '../accounts/scopes-of-call.js';
import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';
import type { ExplainedLimit } from '../explanation.js';
import { mayUseOperation } from '../identity/access.js';
import type { Principal } from '../principal.js';
import type { UsageStore, UsageSum } from '../stores/usage-store.js';
import type { Endpoint } from './endpoint.js';
import { errorFormat } from './shared/error-format.js';

export interface UsageDeps {
  readonly admission: Admission;
  readonly clock: Clock;
  /** Undefined without a ledger: then only limits are reported. */
  readonly usage: UsageStore | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const USUAL_DAYS = 30;
const MOST_DAYS = 366;

/**
 * `GET /usage/me`: what is left of the caller's limits and budgets, and what it has used by day and model in the last `?days=`
 * (default 30). Not counted and not recorded.
 */
export function usageEndpoint<Host>({ admission, clock, usage }: UsageDeps): Endpoint<Host> {
  return {
    name: 'usage',
    errors: errorFormat,
    routes: [{ method: 'GET', path: '/usage/me' }],
    async handle({ id, request, caller: { principal } }) {
      if (!mayUseOperation(principal, 'usage'))
        throw new GatewayError('forbidden', 'This credential may not use "usage".');
      const days = daysOf(new URLSearchParams(request.query).get('days'));
      const limits = (await admission.remaining(principal)).map(describeLimit);
      const sums = usage === undefined ? [] : await used(principal, usage, clock.now() - (days - 1) * DAY_MS);
      const body = JSON.stringify({
        object: 'usage',
        principal: principal.id,
        limits,
        days,
        data: sums.map(describeSum),
      });
      return { kind: 'whole', status: 200, headers: ['content-type', 'application/json', 'x-request-id', id], body };
    },
  };
}

async function used(principal: Principal, usage: UsageStore, since: number): Promise<readonly UsageSum[]> {
  const own = scopesOfPrincipal(principal).find(({ kind }) => kind === 'user' || kind === 'key');
  if (own === undefined) return [];
  const from = since - (since % DAY_MS);
  return await usage.aggregate({ [own.kind]: own.id, from, byDay: true, byModel: true, limit: 1_000 });
}

function daysOf(given: string | null): number {
  if (given === null) return USUAL_DAYS;
  const days = Number(given);
  if (Number.isInteger(days) && days > 0 && days <= MOST_DAYS) return days;
  throw new GatewayError('invalid_input', `"days" must be a whole number from 1 to ${MOST_DAYS}.`, { param: 'days' });
}

function describeLimit({ counted, scope, per, limit, taken }: ExplainedLimit) {
  const unit = counted === 'budget' ? { limit_usd: limit / 1e9, used_usd: taken / 1e9 } : { limit, used: taken };
  return { counted, for: scope?.kind ?? 'principal', per, ...unit };
}

function describeSum({ day, model, calls, failures, inputTokens, outputTokens, costNanoUsd }: UsageSum) {
  return {
    day,
    model,
    calls,
    failures,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cost_usd: costNanoUsd / 1e9,
  };
}
