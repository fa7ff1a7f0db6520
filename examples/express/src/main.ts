import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildApp } from './app.js';

const port = Number(process.env.PORT || 3000);
if (!(port >= 0 && port <= 65_535)) fail(`PORT must be a number up to 65535, but it is "${process.env.PORT}".`);
// Every visitor of the page may spend on your key, so it listens on this machine only unless you change it.
const host = process.env.HOST || '127.0.0.1';

const { app, vendors, terminalKey, close } = await buildApp();
const server = createServer(app);

server.once('error', (error) => fail(explainListenError(error)));
server.listen({ port, host }, () => greet((server.address() as AddressInfo).port));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);

/** First the gateway, so that its streams end and their usage is written down, then the sockets. */
async function stop(): Promise<void> {
  console.log('\n  Stopping as soon as running answers have ended. Ctrl+C again does not wait.');
  await close();
  server.close();
  server.closeAllConnections();
}

function greet(openPort: number): void {
  const url = `http://${host === '127.0.0.1' ? 'localhost' : host}:${openPort}`;
  const body = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Say hello in five words.' }] });
  console.log(`
  Portico in an Express app

  Open     ${url}
  fast     ${vendors.names.fast}
  smart    ${vendors.names.smart}${vendors.fakeNotice ? `\n\n  ${vendors.fakeNotice}` : ''}

  Or ask from another terminal, with a virtual key that may spend 10 cents:

curl -sS ${url}/llm/v1/chat/completions -H 'authorization: Bearer ${terminalKey}' -H 'content-type: application/json' -d '${body}'

  Ctrl+C stops.
`);
}

function explainListenError(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} is taken. Stop the program that listens there, or choose another port: PORT=${port + 1} npm start`;
  }
  if (error.code === 'EACCES')
    return `Port ${port} needs permissions you do not have. Choose another: PORT=3000 npm start`;
  return `Cannot listen on ${host}:${port}: ${error.message}`;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
