import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IncomingRequest, Reply } from '@portico/core/mount';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type NodeHost, type NodeListenerOptions, nodeListener } from './node-listener.js';

describe('nodeListener', () => {
  it('gives the gateway the path without its query, and the bare request and response', async () => {
    expect(await ask('/v1/models?limit=1')).toEqual({ status: 200, path: '/v1/models', host: true });
    expect(await ask('/')).toMatchObject({ path: '/' });
  });

  it.each(['/llm', '/llm/'])('with the prefix %s takes only what is below it (R24)', async (prefix) => {
    expect(await ask('/llm/v1/models', { prefix })).toMatchObject({ status: 200, path: '/v1/models' });
    expect(await ask('/llm?x=1', { prefix })).toMatchObject({ status: 200, path: '/' });
    for (const outside of ['/', '/llms/v1/models', '/v1/models', '/x/llm/v1']) {
      expect(await ask(outside, { prefix })).toMatchObject({ status: 404, path: undefined });
    }
  });
});

async function ask(path: string, options?: NodeListenerOptions) {
  const server = createServer(nodeListener({ handle: answerWithPath }, options));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  const answer = (await response.json()) as { path?: string; host?: boolean };
  return { status: response.status, path: answer.path, host: answer.host };
}

async function answerWithPath({ path, host }: IncomingRequest<NodeHost>): Promise<Reply> {
  const body = JSON.stringify({ path, host: host.res.req === host.req });
  return { kind: 'whole', status: 200, headers: ['content-type', 'application/json'], body };
}
