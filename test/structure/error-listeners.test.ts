import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { withoutErrorListener } from './error-listeners.js';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));
// These import nothing of Node's and get no sockets; the import law says so.
const WITHOUT_NODE = ['core', 'providers', 'ai-sdk', 'fetch'];
const names = readdirSync(packages, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && !WITHOUT_NODE.includes(entry.name),
);

describe('whatever emits errors has its listener in the statement that obtains it', () => {
  it.each(names.map(({ name }) => name))('in packages/%s', (name) => {
    const files = readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' });
    const sources = files.filter((file) => /(?<!\.test|\.d)\.ts$/.test(file));
    expect(sources).not.toEqual([]);
    const breaches = sources.flatMap((file) =>
      withoutErrorListener(`${name}/src/${file}`, readFileSync(join(packages, name, 'src', file), 'utf8')),
    );
    expect(breaches).toEqual([]);
  });
});

describe('a place without it is found', () => {
  it.each([
    ['a server', `const server = createServer();`],
    ['a server under another name', `import { createServer as open } from 'node:net'; const server = open();`],
    ['a server of a module', `const server = http.createServer();`],
    ['a socket', `const socket = connect(80, 'localhost');`],
    ['a socket of a module', `const socket = net.connect(80, 'localhost');`],
    ['a WebSocket', `const socket = new WebSocket('ws://localhost');`],
    ['a WebSocket whose listener is added later', `const s = new WebSocket('ws://x'); s.on('error', () => undefined);`],
    ['a response without a socket', `const res = new ServerResponse(req);`],
    ['a file', `for await (const line of createReadStream('x')) line;`],
    [
      'a file inside of something that has one',
      `const rl = withErrorListener(createInterface({ input: createReadStream('x') }));`,
    ],
    ['an inflater in a table', `const TABLE = { gzip: createGunzip };`],
    ['a stream of a class of the file', `class Own extends Readable {} const own = new Own();`],
    [
      'a socket in a listener of something that has one',
      `withErrorListener(createServer(() => { connect(80, 'x'); }));`,
    ],
    ['a worker', `const worker = cluster.fork();`],
    ['a second connection to Redis', `const subscriber = client.duplicate();`],
    ['an upgraded socket', `server.on('upgrade', (req, socket) => socket.end());`],
    [
      'an upgraded socket that is answered first',
      `server.on('upgrade', go); function go(req, s) { s.end(); withErrorListener(s); }`,
    ],
    ['a connection', `server.on('connection', (socket) => { count += 1; });`],
    [
      'a connection of one of two events',
      `server.on(tls ? 'secureConnection' : 'connection', (socket) => { count += 1; });`,
    ],
    [
      'the answer of a refused handshake',
      `socket.once('unexpected-response', (sent, response) => { read(response); });`,
    ],
    ['a WebSocket that was accepted', `server.handleUpgrade(req, socket, head, (open) => resolve(open));`],
    ['a response of a server', `withErrorListener(createServer((req, res) => { answer(req, res); }));`],
    ['a socket of a server of node:net', `withErrorListener(createServer((socket) => { socket.end(); }));`],
  ])('%s', (_, source) => {
    expect(withoutErrorListener('node/src/a.ts', source)).toHaveLength(1);
  });

  it('and where it is there, nothing is', () => {
    const source = `
      import { createServer, type Server } from 'node:http';
      const server: Server = withErrorListener(createServer((req, res) => void serve(req, withErrorListener(res))));
      server.on('upgrade', onUpgrade);
      function onUpgrade(req: IncomingMessage, upgraded: Duplex) {
        const socket = withErrorListener(upgraded);
        if (isOurs(req)) answer(socket);
      }
      const TABLE = { gzip: () => withErrorListener(createGunzip()) };
      subscriber.connect().then(begin);
      socket.once('connect', () => undefined);`;
    expect(withoutErrorListener('node/src/a.ts', source)).toEqual([]);
  });
});
