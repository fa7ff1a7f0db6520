import type { Attempt, Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { ConversationOperation } from '../conversation-operation.js';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import type { MessageSocket } from '../message-socket.js';
import type { SignMeans } from '../provider.js';
import type { Transport, UpstreamRequest } from '../transport.js';
import { attributed } from './attribute-failure.js';
import { Deadline } from './deadline.js';
import { withoutCredentials } from './hide-credentials.js';

export interface OpenSocketParts {
  /** Undefined where the runtime has no WebSockets. */
  readonly openSocket: Transport['openSocket'];
  readonly signing: SignMeans;
  readonly clock: Clock;
  /** Ends the opening. */
  readonly cancellation: Cancellation;
  /** Milliseconds since the epoch at which it must be open. */
  readonly endsAt: number;
}

/** Opens the socket of one deployment. Rejects with the failure, decided by the vendor's own `classify`. */
export async function openSocket(
  call: Call<unknown, ConversationOperation>,
  deployment: Deployment,
  attempt: Attempt,
  parts: OpenSocketParts,
): Promise<MessageSocket> {
  if (parts.openSocket === undefined) {
    throw new GatewayError('invalid_input', 'The gateway cannot open WebSockets in this runtime.', {
      code: 'unsupported_operation',
    });
  }
  const { connection, provider } = deployment;
  const { 'content-type': _type, ...headers } = connection.headers;
  const cancellation = new Cancellation();
  const unlink = parts.cancellation.onCancel((reason) => cancellation.cancel(reason));
  const deadline = new Deadline(parts.clock, deployment.deadlines, `"${deployment.id}"`, true, parts.endsAt, (error) =>
    cancellation.cancel(error),
  );
  let request: UpstreamRequest = {
    method: 'GET',
    origin: connection.origin,
    path: connection.relays?.[call.operation.name] as string, // routing only offers deployments that have it
    headers,
    body: undefined,
    cancellation,
    attempt: { callId: call.id, deployment: deployment.id, provider: provider.name, number: call.attempts.length },
  };
  try {
    if (connection.sign !== undefined) request = await connection.sign(request, parts.signing);
    const socket = await parts.openSocket(request, ({ status, headers: told }, text) => {
      attempt.status = status;
      return provider.classify({ status, headers: told, body: parse(text), text });
    });
    attempt.status = 101;
    return socket;
  } catch (error) {
    if (error instanceof GatewayError) {
      throw attributed(withoutCredentials(error, request.headers), call, deployment, parts.clock.now());
    }
    throw new GatewayError('upstream_error', `Asking "${deployment.id}" failed before it answered.`, { cause: error });
  } finally {
    deadline.close();
    unlink();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
