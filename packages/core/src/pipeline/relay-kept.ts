import type { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import { mayUseModel, mayUseOperation } from '../governance/access.js';
import { nothingHeld } from '../held-id.js';
import type { IncomingRequest } from '../incoming.js';
import { isJsonObject } from '../json.js';
import type { Principal } from '../principal.js';
import type { SignMeans } from '../provider.js';
import type { WholeReply } from '../reply.js';
import type { Send, UpstreamRequest } from '../transport.js';
import { Deadline } from '../upstream/deadline.js';
import { withoutCredentials } from '../upstream/hide-credentials.js';
import { readBody } from '../upstream/read-body.js';
import { renamed } from '../upstream/rename-ids.js';
import type { KeptParts } from './kept-answers.js';
import type { MatchedAnswer } from './match-operation.js';

export interface RelayParts extends KeptParts {
  readonly send: Send;
  readonly signing: SignMeans;
  readonly clock: Clock;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** What is asked of one kept answer: to be shown, forgotten, broken off, or told what it was made from. Costs nothing. */
export async function relayKept(
  matched: MatchedAnswer,
  request: IncomingRequest,
  principal: Principal,
  requestId: string,
  cancellation: Cancellation,
  parts: RelayParts,
): Promise<WholeReply> {
  if (!mayUseOperation(principal, 'responses')) {
    throw new GatewayError('forbidden', 'This credential may not use "responses".');
  }
  const found = await parts.ids.open('response', matched.id, principal.id);
  const place = found && parts.table.placeOf(found.deployment);
  if (found === undefined || place === undefined || !mayUseModel(principal, place.group.name)) {
    throw nothingHeld('response', matched.id);
  }
  if (/(?:^|&)stream=(?:true|1)/.test(request.query ?? '')) {
    throw new GatewayError('invalid_input', 'A kept answer is shown as a whole here, not as a stream.', {
      param: 'stream',
    });
  }
  const { status, text } = await ask(
    place.deployment,
    found.id,
    matched,
    request.query,
    requestId,
    cancellation,
    parts,
  );
  const body = renamed(text, new Map([[found.id, matched.id]]));
  return { kind: 'whole', status, headers: ['content-type', 'application/json', 'x-request-id', requestId], body };
}

async function ask(
  deployment: Deployment,
  id: string,
  { method, rest }: MatchedAnswer,
  query: string | undefined,
  callId: string,
  cancellation: Cancellation,
  parts: RelayParts,
): Promise<{ status: number; text: string }> {
  const { connection, provider, deadlines } = deployment;
  let request: UpstreamRequest = {
    method,
    origin: connection.origin,
    path: pathOf(connection.paths.responses ?? '', `/${encodeURIComponent(id)}${rest}`, query),
    headers: connection.headers,
    body: method === 'POST' ? '{}' : undefined,
    cancellation,
    attempt: { callId, deployment: deployment.id, provider: provider.name, number: 1 },
  };
  const endsAt = parts.clock.now() + deadlines.answerMs;
  const deadline = new Deadline(parts.clock, deadlines, `"${deployment.id}"`, false, endsAt, (error) =>
    cancellation.cancel(error),
  );
  try {
    if (connection.sign !== undefined) request = await connection.sign(request, parts.signing);
    const { status, headers, body } = await parts.send(request);
    deadline.headArrived();
    const bytes = await readBody(
      body,
      MAX_ANSWER_BYTES,
      () => deadline.alive(),
      (listener) => cancellation.onCancel(listener),
    );
    const text = new TextDecoder().decode(bytes);
    const value = parsed(text);
    if (status >= 200 && status < 300 && isJsonObject(value)) return { status, text };
    // The id is right, so that what is gone is gone there.
    if (status === 404) throw new GatewayError('not_found', 'The upstream does not keep that answer any more.');
    throw provider.classify({ status, headers, body: value, text });
  } catch (error) {
    throw error instanceof GatewayError ? withoutCredentials(error, request.headers) : error;
  } finally {
    deadline.close();
  }
}

/** The endpoint's own query stays, and the client's comes behind it. */
function pathOf(endpoint: string, rest: string, query: string | undefined): string {
  const at = endpoint.indexOf('?');
  const [path, own] = at < 0 ? [endpoint, ''] : [endpoint.slice(0, at), endpoint.slice(at + 1)];
  const all = [own, query ?? ''].filter((part) => part !== '').join('&');
  return `${path}${rest}${all === '' ? '' : `?${all}`}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
