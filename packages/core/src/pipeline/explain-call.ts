import type { Admission } from '../accounts/admission.js';
import type { Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import { type OpenCallDeps, openCall } from '../endpoints/shared/open-call.js';
import { GatewayError } from '../errors.js';
import type { CallEstimate, ExplainQuestion, Explanation } from '../explanation.js';
import type { IncomingRequest } from '../incoming-request.js';
import type { UpstreamOperation } from '../operation.js';
import { normalizePrincipal } from '../principal.js';
import type { ExplainableRoute } from './route.js';

export interface ExplainDeps {
  readonly operations: readonly UpstreamOperation[];
  readonly open: OpenCallDeps;
  readonly admission: Admission;
  readonly route: ExplainableRoute;
  now(): number;
}

/** Opens a call like a real one, and returns what would happen to it. Rejects with the error that it would get. */
export async function explainCall(question: ExplainQuestion, deps: ExplainDeps): Promise<Explanation> {
  const call = await openCallFor(question, deps);
  return { model: call.group.name, ...deps.route.explain(call), limits: await deps.admission.explain(call) };
}

/** The most that a call may use and cost. Rejects with the error that it would get. */
export async function estimateCall(question: ExplainQuestion, deps: ExplainDeps): Promise<CallEstimate> {
  const { inputTokens, outputTokens, costNanoUsd } = deps.admission.estimate(await openCallFor(question, deps));
  return { inputTokens, outputTokens, costNanoUsd };
}

async function openCallFor(question: ExplainQuestion, deps: ExplainDeps): Promise<Call> {
  const { model, as, operation: name = 'chat.completions', body = GREETING, headers = {} } = question;
  const operation = deps.operations.find((each) => each.name === name);
  if (operation === undefined) throw new GatewayError('invalid_input', `There is no operation "${name}".`);
  const request: IncomingRequest = {
    method: operation.method,
    path: `/v1${operation.paths[0]}`,
    header: (wanted) => Object.entries(headers).find(([each]) => each.toLowerCase() === wanted)?.[1],
    ip: undefined,
    authority: undefined,
    host: {},
    body: { kind: 'parsed', value: { ...body, model } },
    onClientGone() {},
  };
  const caller = { principal: normalizePrincipal(as), via: 'internal' } as const;
  const exchange = { id: 'explained', startedAt: deps.now(), request, caller, cancellation: new Cancellation() };
  return await openCall(exchange, operation, deps.open);
}

const GREETING = { messages: [{ role: 'user', content: 'Hello' }], input: 'Hello', max_tokens: 1_000 };
