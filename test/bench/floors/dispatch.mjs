import { createServer } from 'node:http';
import { Pool } from 'undici';

const UPSTREAM_MODEL = 'gpt-4o-mini';
const UPSTREAM_HEADERS = ['content-type', 'application/json', 'authorization', 'Bearer sk-bench'];

/**
 * Floor (b): the leanest proxy Node can be. node:http in, undici's `dispatch` out (its older handler shape, which undici
 * 7 runs without a wrapper), one JSON.parse on either side, an answer written in one go, stream chunks handed on as they
 * are. It checks nothing, counts nothing and survives nothing.
 */
export async function start(upstreamUrl) {
  const pool = new Pool(upstreamUrl);
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => forward(pool, chunks, response));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', 1024, resolve));
  return { url: `http://127.0.0.1:${server.address().port}/v1` };
}

function forward(pool, requestChunks, response) {
  const body = JSON.parse(whole(requestChunks));
  body.model = UPSTREAM_MODEL;
  const sent = {
    path: '/v1/chat/completions',
    method: 'POST',
    headers: UPSTREAM_HEADERS,
    body: JSON.stringify(body),
  };
  pool.dispatch(sent, body.stream === true ? streamTo(response) : answerTo(response));
}

function answerTo(response) {
  const chunks = [];
  let status = 0;
  return {
    onConnect() {},
    onHeaders(statusCode) {
      status = statusCode;
      return true;
    },
    onData(chunk) {
      chunks.push(chunk);
      return true;
    },
    onComplete() {
      const text = whole(chunks);
      if (JSON.parse(text).usage === undefined) throw new Error('The upstream reported no usage.');
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    },
    onError: (error) => response.destroy(error),
  };
}

function streamTo(response) {
  let abortUpstream;
  return {
    onConnect(abort) {
      abortUpstream = abort;
      response.on('close', () => response.writableFinished || abortUpstream());
    },
    onHeaders(statusCode, _rawHeaders, resume) {
      response.writeHead(statusCode, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.on('drain', resume);
      return true;
    },
    onData: (chunk) => response.write(chunk),
    onComplete: () => response.end(),
    onError: (error) => response.destroy(error),
  };
}

function whole(chunks) {
  return chunks.length === 1 ? chunks[0].toString() : Buffer.concat(chunks).toString();
}
