import { connect } from 'node:net';
import { readHttp } from './http-reader.mjs';
import { chatRequest } from './payloads.mjs';
import { answerParent } from './remote.mjs';
import { percentile, wallClockMs } from './statistics.mjs';

/** The load: a fixed number of keep-alive connections, each with one call under way. */
let connections = [];
let requests = {};

await answerParent(async () => ({ started: {}, methods: { open, close, calls, streams, holdStreams, leave, stare } }));

/** Opens the connections to `url` (that of `/v1`), so that no measurement pays for it. */
async function open(url, concurrency) {
  close();
  const { hostname, port, pathname } = new URL(url);
  requests = {
    json: requestBytes(hostname, pathname, chatRequest({ stream: false })),
    stream: requestBytes(hostname, pathname, chatRequest({ stream: true })),
  };
  connections = await Promise.all(Array.from({ length: concurrency }, () => openConnection(hostname, Number(port))));
}

function close() {
  for (const connection of connections) connection.socket.destroy();
  connections = [];
}

/** Makes `count` calls, each connection its next one as soon as the last is answered. */
async function calls(count) {
  const latenciesMs = [];
  let left = count;
  const startedAt = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      while (left > 0) {
        left -= 1;
        const sentAt = performance.now();
        const { bodyBytes } = await connection.send(requests.json);
        latenciesMs.push(performance.now() - sentAt);
        if (bodyBytes < 900) throw new Error(`An answer of ${bodyBytes} bytes came where 1 KB was expected.`);
      }
    }),
  );
  return { elapsedMs: performance.now() - startedAt, ...spread(latenciesMs) };
}

/**
 * Takes `count` streams of `chunks` each, connections starting one after the other over `staggerMs`. A stream that is not
 * whole fails the run. `eventsPerRead` near one shows that chunks travelled one by one.
 */
async function streams(count, chunks, staggerMs) {
  const firstTokensMs = [];
  let left = count;
  let events = 0;
  let reads = 0;
  await Promise.all(
    connections.map(async (connection, index) => {
      await new Promise((resolve) => setTimeout(resolve, (staggerMs * index) / connections.length));
      while (left > 0) {
        left -= 1;
        const sentAt = performance.now();
        const stream = await connection.send(requests.stream);
        firstTokensMs.push(stream.firstByteAt - sentAt);
        events += stream.events;
        reads += stream.reads;
        if (stream.events !== chunks + 1) {
          throw new Error(`A stream of ${stream.events} events came where ${chunks} and [DONE] were expected.`);
        }
      }
    }),
  );
  return { ...spread(firstTokensMs), eventsPerRead: events / reads };
}

/** Starts one stream on each connection and comes back when each has shown its first event; `close` ends them. */
async function holdStreams() {
  await Promise.all(
    connections.map(
      (connection) =>
        new Promise((resolve, reject) => {
          connection.onFirstByte = resolve;
          connection.send(requests.stream).then(() => reject(new Error('A held stream ended.')), reject);
        }),
    ),
  );
}

/** Starts a stream on the first connection, leaves when it has begun, and says when that was. */
async function leave() {
  const [connection] = connections;
  await new Promise((resolve, reject) => {
    connection.onFirstByte = resolve;
    connection.send(requests.stream).catch(reject);
  });
  const leftAt = wallClockMs();
  // Whoever waits for its end is told that it has none.
  connection.socket.destroy();
  connections.shift();
  return leftAt;
}

/** Asks for a stream on the first connection and reads nothing of it. */
function stare() {
  const [{ socket, send }] = connections;
  socket.pause();
  send(requests.stream).catch(() => undefined);
}

function openConnection(hostname, port) {
  return new Promise((opened, failed) => {
    const connection = { socket: undefined, send, onFirstByte: undefined };
    let reply;
    let settle;
    let lastByte = 0;
    const read = readHttp({
      onHead(head) {
        if (!head.startsWith('http/1.1 200')) settle.reject(new Error(`The target answered: ${head.split('\r\n')[0]}`));
      },
      onBody(bytes) {
        if (reply.bodyBytes === 0) {
          reply.firstByteAt = performance.now();
          connection.onFirstByte?.();
        }
        reply.bodyBytes += bytes.length;
        reply.events += countEvents(bytes);
      },
      onEnd: () => settle.resolve(reply),
    });
    const socket = connect({ host: hostname, port, noDelay: true }, () => opened(connection));
    connection.socket = socket;
    socket.on('data', (bytes) => {
      reply.reads += 1;
      read(bytes);
    });
    socket.on('error', (error) => (settle === undefined ? failed(error) : settle.reject(error)));
    socket.on('close', () => settle?.reject(new Error('The target closed the connection.')));

    function send(bytes) {
      reply = { bodyBytes: 0, firstByteAt: 0, events: 0, reads: 0 };
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
        socket.write(bytes);
      });
    }

    function countEvents(bytes) {
      let count = bytes[0] === 10 && lastByte === 10 ? 1 : 0;
      for (let at = bytes.indexOf('\n\n'); at !== -1; at = bytes.indexOf('\n\n', at + 2)) count += 1;
      lastByte = bytes[bytes.length - 1];
      return count;
    }
  });
}

function requestBytes(hostname, pathname, body) {
  const text = JSON.stringify(body);
  return Buffer.from(
    [
      `POST ${pathname}/chat/completions HTTP/1.1`,
      `host: ${hostname}`,
      'accept: application/json',
      'accept-encoding: gzip, br',
      'user-agent: bench',
      'x-user: ada',
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
  );
}

function spread(valuesMs) {
  return { p50Ms: percentile(valuesMs, 50), p99Ms: percentile(valuesMs, 99) };
}
