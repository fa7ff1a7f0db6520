import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGateway } from '@portico/node';
import { onTestFinished } from 'vitest';

export const VENDOR_KEY = 'sk-of-a-vendor-that-is-none';

/** A request that a vendor of a test received. */
export interface VendorRequest {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
}

/** A server of a test that answers as `answer` says, closed at the end of the test. */
export async function startVendor(answer: (request: VendorRequest, response: ServerResponse) => void) {
  const requests: VendorRequest[] = [];
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = [];
    incoming.on('error', () => {});
    response.on('error', () => {});
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', () => {
      const text = Buffer.concat(pieces).toString();
      const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>;
      const request = { path: incoming.url ?? '', body, headers: incoming.headers };
      requests.push(request);
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, requests };
}

/** A whole chat answer with this usage. */
export function answerChat(response: ServerResponse, usage: object | undefined): void {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }];
  const answer = { id: 'a', object: 'chat.completion', created: 1, model: 'm', choices, usage };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer));
}

type GatewayOptions = NonNullable<Parameters<typeof createGateway>[0]>;

/** A gateway in this process, closed at the end of the test. `post` asks it as a principal. */
export function openGateway(options: GatewayOptions) {
  const gateway = createGateway(options);
  onTestFinished(() => gateway.close({ graceMs: 0 }));
  return {
    gateway,
    post(path: string, body: object, principal: Parameters<typeof gateway.fetchAs>[0] = { id: 'ada' }) {
      return gateway.fetchAs(principal)(`http://portico/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    },
  };
}
