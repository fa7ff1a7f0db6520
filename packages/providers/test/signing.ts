import {
  Cancellation,
  type Connection,
  type Send,
  type SigningContext,
  type UpstreamRequest,
} from '@portico/core/provider';
import { fakeClock } from '@portico/testing';

/** Signs one request as a gateway would; `answer` is what the server of tokens says. */
export async function signedBy(
  connection: Connection,
  answer: unknown,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly request: UpstreamRequest; readonly asked: readonly UpstreamRequest[] }> {
  const asked: UpstreamRequest[] = [];
  const send: Send = async (question) => {
    asked.push(question);
    return {
      status: 200,
      headers: { get: () => undefined },
      body: {
        start(sink) {
          sink.bytes(new TextEncoder().encode(JSON.stringify(answer)));
          sink.end();
        },
        pause() {},
        resume() {},
        cancel() {},
      },
    };
  };
  const means: SigningContext = { send, clock: fakeClock(1_000_000_000), environment, readFile: undefined };
  const request: UpstreamRequest = {
    method: 'POST',
    origin: connection.origin,
    path: '/',
    headers: connection.headers,
    body: '{}',
    cancellation: new Cancellation(),
    attempt: { callId: 'call', deployment: 'd', provider: 'p', number: 1 },
  };
  return { request: (await connection.sign?.(request, means)) ?? request, asked };
}
