import { EventEmitter } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { UpgradeRequest } from './upgrade-request.js';

it('who asks for a WebSocket and leaves is gone for everybody who listens, also for those who come later', async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  const heard: string[] = [];
  const over = new EventEmitter();
  server.on('upgrade', (req: IncomingMessage, socket: Duplex) => {
    const never = () => Promise.reject(new Error('nobody accepts here'));
    const request = new UpgradeRequest(req, socket, '/v1/realtime', {}, undefined, never);
    request.onClientGone(() => heard.push('before'));
    socket.once('close', () => {
      request.onClientGone(() => heard.push('after'));
      new UpgradeRequest(req, socket, '/v1/realtime', {}, undefined, never).onClientGone(() => heard.push('made late'));
      over.emit('over');
    });
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ended = new Promise((resolve) => over.once('over', resolve));
  get({ port, host: '127.0.0.1', headers: { connection: 'upgrade', upgrade: 'websocket' } }).on(
    'error',
    () => undefined,
  );
  await ended;
  expect(heard).toEqual(['before', 'after', 'made late']);
});
