import type { Attempt, Call } from '../call.js';
import { Cancellation } from '../cancellation.js';
import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import type { MessageSocket } from '../message-socket.js';
import type { RealtimeOperation } from '../operations/realtime-operation.js';
import type { SigningContext } from '../provider.js';
import { Deadline } from '../streams/deadline.js';
import type { Transport, UpstreamRequest } from '../transport.js';
import { attributed } from './attribute-failure.js';
import { redactCredentials } from './redact-credentials.js';

export interface OpenSocketDeps {
  /** Undefined if the runtime has no WebSockets. */
  readonly openSocket: Transport['openSocket'];
  readonly signing: SigningContext;
  readonly clock: Clock;
  /** Cancels the opening. */
  readonly cancellation: Cancellation;
  /** Milliseconds since the epoch at which it must be open. */
  readonly endsAt: number;
}

/** Opens the socket of one deployment. Rejects with the failure, as the vendor's `classify` decided. */
export async function openSocket(
  call: Call<unknown, RealtimeOperation>,
  deployment: Deployment,
  attempt: Attempt,
  deps: OpenSocketDeps,
): Promise<MessageSocket> {
  if (deps.openSocket === undefined) {
    throw new GatewayError('invalid_input', 'The gateway cannot open WebSockets in this runtime.', {
      code: 'unsupported_operation',
    });
  }
  const { connection, provider } = deployment;
  const { 'content-type': _type, ...headers } = connection.headers;
  const cancellation = new Cancellation();
  const unlink = deps.cancellation.onCancel((reason) => cancellation.cancel(reason));
  const deadline = new Deadline(deps.clock, deployment.deadlines, `"${deployment.id}"`, true, deps.endsAt, (error) =>
    cancellation.cancel(error),
  );
  let request: UpstreamRequest = {
    method: 'GET',
    origin: connection.origin,
    path: connection.relays?.[call.operation.name] as string, // routing only uses deployments that have it
    headers,
    body: undefined,
    cancellation,
    attempt: { callId: call.id, deployment: deployment.id, provider: provider.name, number: call.attempts.length },
  };
  try {
    if (connection.sign !== undefined) request = await connection.sign(request, deps.signing);
    const socket = await deps.openSocket(request, ({ status, headers: reported }, text) => {
      attempt.status = status;
      return provider.classify({ status, headers: reported, body: parse(text), text });
    });
    attempt.status = 101;
    return socket;
  } catch (error) {
    if (error instanceof GatewayError) {
      throw attributed(redactCredentials(error, request.headers), call, deployment, deps.clock.now());
    }
    throw new GatewayError('upstream_error', `The request to "${deployment.id}" failed before a response arrived.`, {
      cause: error,
    });
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
