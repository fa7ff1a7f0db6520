import { Cancellation } from '../cancellation.js';
import { GatewayError } from '../errors.js';
import type { ExplainQuestion, Explanation } from '../explanation.js';
import type { Admission } from '../governance/admission.js';
import type { IncomingRequest } from '../incoming.js';
import type { UpstreamOperation } from '../operation.js';
import { settledPrincipal } from '../principal.js';
import { type OpenCallParts, openCall } from './open-call.js';
import type { Route } from './route.js';

export interface ExplainParts {
  readonly operations: readonly UpstreamOperation[];
  readonly open: OpenCallParts;
  readonly admission: Admission;
  readonly route: Route;
  now(): number;
}

/** Opens a call as it would be opened, and says what would become of it. Rejects with the refusal that it would meet. */
export async function explainCall(question: ExplainQuestion, parts: ExplainParts): Promise<Explanation> {
  const { model, as, operation: name = 'chat.completions', body = GREETING, headers = {} } = question;
  const operation = parts.operations.find((each) => each.name === name);
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
  const caller = { principal: settledPrincipal(as), via: 'internal' } as const;
  const call = await openCall('explained', parts.now(), operation, caller, request, new Cancellation(), parts.open);
  return { model: call.group.name, ...parts.route.explain(call), limits: await parts.admission.explain(call) };
}

const GREETING = { messages: [{ role: 'user', content: 'Hello' }], input: 'Hello', max_tokens: 1_000 };
