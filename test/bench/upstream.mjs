import { createServer } from 'node:net';
import { readHttp } from './http-reader.mjs';
import {
  CHAT_ANSWER,
  CONTENT_EVENT,
  DONE_EVENT,
  FINISH_EVENT,
  MESSAGE_ANSWER,
  MESSAGE_DELTA,
  MESSAGE_END,
  MESSAGE_OPENING,
  USAGE_EVENT,
} from './payloads.mjs';
import { answerParent } from './remote.mjs';
import { wallClockMs } from './statistics.mjs';

const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\nx-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n',
);
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** What is said in each wire. `framing` counts the chunks that a chat client is told besides those of content. */
const CHAT = {
  json: jsonReply(CHAT_ANSWER),
  opening: Buffer.concat([STREAM_HEAD, chunked(CONTENT_EVENT)]),
  content: chunked(CONTENT_EVENT),
  finish: chunked(FINISH_EVENT),
  usage: chunked(USAGE_EVENT),
  end: Buffer.concat([chunked(DONE_EVENT), LAST_CHUNK]),
  framing: 1,
};
const MESSAGES = {
  json: jsonReply(MESSAGE_ANSWER),
  opening: Buffer.concat([STREAM_HEAD, chunked(MESSAGE_OPENING + MESSAGE_DELTA)]),
  content: chunked(MESSAGE_DELTA),
  finish: chunked(MESSAGE_END),
  end: LAST_CHUNK,
  // Its opening is told as a chunk with the role.
  framing: 2,
};

/** How answers are given until the runner says otherwise. `chunks` counts content and finish, not usage and `[DONE]`. */
let behaviour = { delayMs: 0, chunks: 200, paceMs: 25, isFlood: false };

/**
 * Streams wait in as many slots as the pace has milliseconds, and each millisecond serves one slot: the streams are out
 * of step with each other, as those of a real model are, and every chunk is a write of its own.
 */
let slots = slotsFor(behaviour.paceMs);
let servedUntil = 0;

/** When connections ended in the middle of a stream, and who waits for the next to. */
const leavings = [];
let onLeaving = () => undefined;
/** What floods have sent; some of it the kernel still has. */
let floodedBytes = 0;

await answerParent(async () => {
  const server = createServer({ noDelay: true }, serve);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', 1024, resolve));
  servedUntil = Math.floor(performance.now());
  setInterval(serveSlots, 1);
  return {
    started: { url: `http://127.0.0.1:${server.address().port}` },
    methods: {
      behave(next) {
        behaviour = { ...behaviour, ...next };
        slots = slotsFor(behaviour.paceMs);
      },
      /** When the first connection ended that did so after `since`. */
      async nextLeaving(since) {
        for (;;) {
          const found = leavings.find((at) => at >= since);
          if (found !== undefined) return found;
          await new Promise((resolve) => {
            onLeaving = resolve;
          });
        }
      },
      flooded: () => floodedBytes,
    },
  };
});

function serve(socket) {
  let body = '';
  const read = readHttp({
    onHead: () => {
      body = '';
    },
    onBody: (bytes) => {
      body += bytes.latin1Slice();
    },
    onEnd: () => {
      if (behaviour.delayMs === 0) answer(socket, body);
      else setTimeout(answer, behaviour.delayMs, socket, body);
    },
  });
  socket.on('data', read);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    if (!socket.isStreaming) return;
    leavings.push(wallClockMs());
    onLeaving();
  });
}

function answer(socket, body) {
  // Only there the system prompt stands beside the messages.
  const wire = body.includes('"system":') ? MESSAGES : CHAT;
  if (!body.includes('"stream":true')) {
    socket.write(wire.json);
    return;
  }
  socket.write(wire.opening);
  if (behaviour.isFlood) return flood(socket);
  socket.isStreaming = true;
  const withUsage = body.includes('"include_usage":true');
  const slot = slots[Math.floor(performance.now()) % slots.length];
  slot.add({ socket, wire, left: behaviour.chunks - wire.framing, withUsage });
}

/** As much as is taken, as fast as it is, up to 400 MB. */
function flood(socket) {
  const piece = chunked(CONTENT_EVENT.replace(/"content":"[^"]*"/, `"content":"${'x'.repeat(64_000)}"`));
  floodedBytes = 0;
  const pour = () => {
    while (floodedBytes < 400e6 && !socket.destroyed) {
      floodedBytes += piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', pour);
  pour();
}

function serveSlots() {
  const now = Math.floor(performance.now());
  while (servedUntil < now) {
    servedUntil += 1;
    const slot = slots[servedUntil % slots.length];
    for (const stream of slot) if (isOver(stream)) slot.delete(stream);
  }
}

function isOver(stream) {
  const { socket, wire } = stream;
  if (socket.destroyed) return true;
  stream.left -= 1;
  if (stream.left > 0) {
    socket.write(wire.content);
    return false;
  }
  socket.write(wire.finish);
  if (stream.withUsage && wire.usage) socket.write(wire.usage);
  socket.isStreaming = false;
  socket.write(wire.end);
  return true;
}

function slotsFor(paceMs) {
  return Array.from({ length: paceMs }, () => new Set());
}

function jsonReply(json) {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
}

function chunked(text) {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}
