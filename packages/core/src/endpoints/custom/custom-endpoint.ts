import type { CallAccount } from '../../accounts/call-account.js';
import type { LocalAnswer, LocalStream } from '../../answer.js';
import type { Clock } from '../../clock.js';
import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import { GatewayError } from '../../errors.js';
import type { Gateway } from '../../gateway.js';
import type { CustomEndpoint, EndpointRequest } from '../../hooks/custom-endpoint.js';
import { decide } from '../../hooks/decide.js';
import { PolicyView } from '../../identity/identify.js';
import type { ModelGroup } from '../../model-group.js';
import type { Operation } from '../../operation.js';
import type { Reply } from '../../reply.js';
import { NO_USAGE } from '../../usage/usage.js';
import type { Endpoint, Exchange } from '../endpoint.js';
import { createCall, emptyRequestSummary } from '../shared/create-call.js';
import { errorFormat } from '../shared/error-format.js';
import { checkMayUse, jsonOf } from '../shared/open-call.js';
import type { BodyDeps } from '../shared/read-body.js';
import { ResponseStream } from './response-stream.js';

export interface CustomEndpointDeps extends BodyDeps {
  readonly clock: Clock;
  /** The gateway that has the endpoint: it is complete once a request comes. */
  gateway(): Gateway<never>;
}

const MAX_DURATION_MS = 600_000;

/** It asks no model: its calls have a group without a name and without deployments. */
const NO_GROUP: ModelGroup = Object.freeze({
  name: '',
  route: { kind: 'pool', deployments: [] } as unknown as ModelGroup['route'], // never followed
  deployments: [],
  references: [],
  fallbacks: [],
  contextFallbacks: [],
  contentFallbacks: [],
  retries: { maxRetries: 0, baseDelayMs: 0, maxDelayMs: 0 },
  totalMs: MAX_DURATION_MS,
  recovery: undefined,
  initialBuffer: undefined,
});

/** An endpoint of the host, with what every endpoint has: the caller is known, allowed, counted and recorded. */
export function customEndpoint<Host>(custom: CustomEndpoint<Host>, deps: CustomEndpointDeps): Endpoint<Host> {
  const { name, method, path, maxDurationMs = MAX_DURATION_MS } = custom;
  const operation: Operation = { name, errors: errorFormat, usageOf: () => NO_USAGE, outputCharactersOf: () => 0 };
  return {
    name,
    errors: errorFormat,
    routes: [{ method, path }],
    async handle(exchange) {
      checkMayUse(exchange.caller, name);
      if (custom.recorded === false) {
        const given = await answered(exchange);
        const answer = given instanceof Response ? await answerOf(given, exchange, undefined) : jsonAnswer(given);
        return replyTo(exchange, answer);
      }
      const summary = emptyRequestSummary('');
      const fixedNeed = custom.counted === false ? 'uncounted' : 'nothing';
      const call = createCall(exchange, { operation, group: NO_GROUP, summary, fixedNeed, maxDurationMs });
      const account = await exchange.admit(call);
      const given = await answered(exchange);
      return exchange.respond(given instanceof Response ? await answerOf(given, exchange, account) : jsonAnswer(given));
    },
  };

  /** What the host answers; its client is not waited for once it is gone. */
  function answered(exchange: Exchange<Host>): Promise<JsonObject | Response> {
    const answer = decide(() => custom.answer(contextOf(exchange)), deps.clock, maxDurationMs);
    return Promise.race([answer, whenCancelled(exchange)]);
  }

  function contextOf(exchange: Exchange<Host>): Host & { readonly request: EndpointRequest } {
    const { request, caller, params, id, cancellation } = exchange;
    const view = Object.assign(new PolicyView(request, id, cancellation), {
      principal: caller.principal,
      via: caller.via,
      gateway: deps.gateway(),
      params: decodedParams(params),
      query: new URLSearchParams(request.query),
      json: () => jsonOf(request, caller.principal, deps),
    });
    return { ...request.host, request: view };
  }

  function jsonAnswer(value: JsonObject): LocalAnswer {
    if (!isJsonObject(value)) {
      throw new TypeError(`The endpoint "${name}" must answer with an object or a Response.`);
    }
    const headers = ['content-type', 'application/json'];
    return { kind: 'local', attempt: undefined, status: 200, headers, body: JSON.stringify(value) };
  }
}

async function answerOf(
  response: Response,
  { cancellation }: Exchange,
  account: CallAccount | undefined,
): Promise<LocalAnswer | LocalStream> {
  const { status, body } = response;
  // The request id and the limits are the gateway's to say; the length is that of what is sent.
  const headers = [...response.headers].filter(([name]) => !OWN_HEADERS.has(name)).flat();
  if (body === null) return { kind: 'local', attempt: undefined, status, headers, body: '' };
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('application/json')) {
    return { kind: 'local', attempt: undefined, status, headers, body: await response.text() };
  }
  return {
    kind: 'localStream',
    attempt: undefined,
    status,
    headers,
    body: new ResponseStream(body, cancellation, account),
  };
}

/** Without a call there are no limits to tell, and no metadata. */
function replyTo({ id }: Exchange, { kind, status, headers, body }: LocalAnswer | LocalStream): Reply {
  const all = [...headers, 'x-request-id', id];
  return kind === 'local'
    ? { kind: 'whole', status, headers: all, body }
    : { kind: 'events', status, headers: all, body };
}

const OWN_HEADERS: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'x-request-id']);

function whenCancelled({ cancellation }: Exchange): Promise<never> {
  return new Promise((_resolve, reject) => {
    cancellation.onCancel((reason) => reject(reason instanceof GatewayError ? reason : new Error('cancelled')));
  });
}

function decodedParams(params: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decoded(value)]));
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw new GatewayError('invalid_input', 'This path is malformed.', { cause });
  }
}
