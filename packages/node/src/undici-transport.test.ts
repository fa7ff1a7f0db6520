import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { GatewayError } from '@portico/core';
import { Cancellation, type Transport, type UpstreamReply, type UpstreamRequest } from '@portico/core/provider';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CHUNKED_HEAD, chunk, jsonAnswer, LAST_CHUNK, rawUpstream } from '../test/raw-upstream.js';
import { SELF_SIGNED } from '../test/self-signed.js';
import { type UndiciTransportOptions, undiciTransport } from './undici-transport.js';

describe('a request', () => {
  it('is written as it was given, asks for an answer that is not compressed, and gets it', async () => {
    const upstream = await rawUpstream((socket) => socket.write(jsonAnswer('{"ok":true}')));
    const transport = openTransport();

    const reply = await transport.send({
      ...requestTo(upstream.origin),
      headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
      body: '{"model":"m"}',
    });

    expect(reply.status).toBe(200);
    expect(await textOf(reply)).toBe('{"ok":true}');
    const [request] = upstream.requests;
    expect(request?.head).toMatch(/^POST \/v1\/x\?y=1 HTTP\/1\.1\r\n/);
    expect(request?.head).toContain('authorization: Bearer key');
    expect(request?.head).toContain('accept-encoding: identity');
    expect(request?.body).toBe('{"model":"m"}');
  });

  it('may be a GET without a body', async () => {
    const upstream = await rawUpstream((socket) => socket.write(jsonAnswer('[]')));
    const reply = await openTransport().send({ ...requestTo(upstream.origin), method: 'GET', body: undefined });
    expect(await textOf(reply)).toBe('[]');
    expect(upstream.requests[0]?.head).not.toContain('content-length');
  });

  it('may have bytes for a body', async () => {
    const upstream = await rawUpstream((socket) => socket.write(jsonAnswer('[]')));
    await textOf(
      await openTransport().send({ ...requestTo(upstream.origin), body: new TextEncoder().encode('{"ü":1}') }),
    );
    expect(Buffer.from(upstream.requests[0]?.body ?? '', 'latin1').toString()).toBe('{"ü":1}');
  });

  it('follows no redirect: the credential goes nowhere else (f27)', async () => {
    const elsewhere = await rawUpstream((socket) => socket.write(jsonAnswer('{}')));
    const upstream = await rawUpstream((socket) =>
      socket.write(`HTTP/1.1 302 Found\r\nlocation: ${elsewhere.origin}/\r\ncontent-length: 0\r\n\r\n`),
    );
    const reply = await openTransport().send(requestTo(upstream.origin));
    expect(reply.status).toBe(302);
    expect(reply.headers.get('location')).toBe(`${elsewhere.origin}/`);
    await textOf(reply);
    expect(elsewhere.requests).toHaveLength(0);
  });

  it('that HTTP cannot spell is refused, and the message keeps the credential', async () => {
    const upstream = await rawUpstream((socket) => socket.write(jsonAnswer('{}')));
    const failure = await failureOf(
      openTransport().send({ ...requestTo(upstream.origin), headers: { authorization: 'Bearer secret\n' } }),
    );
    expect(failure).toMatchObject({ kind: 'network', retryable: false });
    expect(failure.message).toContain('Check the API key');
    expect(`${failure.message} ${String(failure.cause)}`).not.toContain('secret');
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('the head of an answer', () => {
  it('is looked up whatever its spelling', async () => {
    const upstream = await rawUpstream((socket) =>
      socket.write(jsonAnswer('{}', 'X-Request-ID: abc\r\nRetry-AFTER: 7\r\n')),
    );
    const reply = await openTransport().send(requestTo(upstream.origin));
    expect(reply.headers.get('x-request-id')).toBe('abc');
    expect(reply.headers.get('retry-after')).toBe('7');
    expect(reply.headers.get('retry-after-ms')).toBeUndefined();
    await textOf(reply);
  });

  it('is the last one, after early hints', async () => {
    const upstream = await rawUpstream((socket) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${jsonAnswer('{"ok":1}')}`),
    );
    const reply = await openTransport().send(requestTo(upstream.origin));
    expect(reply.status).toBe(200);
    expect(await textOf(reply)).toBe('{"ok":1}');
  });
});

describe('the body of an answer', () => {
  it('waits for its owner, even if it has ended before it is started', async () => {
    const upstream = await rawUpstream((socket) => socket.write(CHUNKED_HEAD + chunk('a') + chunk('b') + LAST_CHUNK));
    const reply = await openTransport().send(requestTo(upstream.origin));
    await eventually(() => upstream.requests.length === 1);
    await pause(20);
    expect(await textOf(reply)).toBe('ab');
  });

  it('fills no memory while nobody has started it', async () => {
    const upstream = await rawUpstream(flood(200));
    const reply = await openTransport().send(requestTo(upstream.origin));
    await pause(150);
    expect(upstream.sockets[0]?.bytesWritten).toBeLessThan(20 * MEGABYTE);
    reply.body.cancel('enough');
  });

  it('holds a flood of 200 MB back while paused, and delivers all of it when resumed (R5)', async () => {
    const upstream = await rawUpstream(flood(200));
    const reply = await openTransport().send(requestTo(upstream.origin));
    let received = 0;
    let ended = false;
    reply.body.start({
      bytes(bytes) {
        received += bytes.byteLength;
        if (received < MEGABYTE) reply.body.pause();
      },
      end() {
        ended = true;
      },
      fail(error) {
        throw error;
      },
    });
    await pause(150);
    expect(received).toBeLessThan(MEGABYTE);
    expect(upstream.sockets[0]?.bytesWritten).toBeLessThan(20 * MEGABYTE);

    received = MEGABYTE;
    reply.body.resume();
    await eventually(() => ended, 20_000);
    expect(received).toBeGreaterThan(200 * MEGABYTE);
  }, 30_000);

  it('can be paused and resumed from within a piece', async () => {
    const upstream = await rawUpstream((socket) => {
      socket.write(CHUNKED_HEAD);
      for (let index = 0; index < 50; index++) socket.write(chunk(`${index},`));
      socket.write(LAST_CHUNK);
    });
    const reply = await openTransport().send(requestTo(upstream.origin));
    let text = '';
    const ended = new Promise<void>((resolve, reject) => {
      reply.body.start({
        bytes(bytes) {
          text += Buffer.from(bytes).toString();
          reply.body.pause();
          if (text.length % 2 === 0) reply.body.resume();
          else setImmediate(() => reply.body.resume());
        },
        end: resolve,
        fail: reject,
      });
    });
    await ended;
    expect(text).toBe(Array.from({ length: 50 }, (_, index) => `${index},`).join(''));
  });

  it('cut by the upstream fails: it is never a clean end (f32, f33)', async () => {
    const upstream = await rawUpstream((socket, { requestNumber }) => {
      socket.write(CHUNKED_HEAD + chunk('a'));
      setTimeout(() => (requestNumber === 1 ? socket.end() : socket.resetAndDestroy()), 10);
    });
    const transport = openTransport();
    for (const _ending of ['FIN', 'RST']) {
      const failure = await failureOf(textOf(await transport.send(requestTo(upstream.origin))));
      expect(failure).toMatchObject({ kind: 'network', retryable: true });
      expect(failure.message).toContain('during its answer');
    }
  });

  it('shorter than it said it would be fails', async () => {
    const upstream = await rawUpstream((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'));
    const failure = await failureOf(textOf(await openTransport().send(requestTo(upstream.origin))));
    expect(failure.kind).toBe('network');
  });

  it('fails after it was resumed, not while it is paused', async () => {
    const upstream = await rawUpstream((socket) => {
      socket.write(CHUNKED_HEAD + chunk('a'));
      setTimeout(() => socket.destroy(), 10);
    });
    const reply = await openTransport().send(requestTo(upstream.origin));
    const heard: string[] = [];
    reply.body.start({
      bytes() {
        heard.push('bytes');
        reply.body.pause();
      },
      end: () => heard.push('end'),
      fail: () => heard.push('fail'),
    });
    await pause(60);
    expect(heard).toEqual(['bytes']);
    reply.body.resume();
    await eventually(() => heard.length === 2);
    expect(heard).toEqual(['bytes', 'fail']);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('compressed with %s though not asked for is unpacked (f46)', async (encoding, pack) => {
    const text = JSON.stringify({ text: 'long '.repeat(50_000) });
    const packed = pack(text);
    const upstream = await rawUpstream((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${encoding}\r\ncontent-length: ${packed.length}\r\n\r\n`);
      socket.write(packed);
    });
    const reply = await openTransport().send(requestTo(upstream.origin));
    expect(reply.headers.get('content-encoding')).toBeUndefined();
    expect(reply.headers.get('content-length')).toBeUndefined();
    expect(await textOf(reply)).toBe(text);
  });

  it('compressed and broken fails', async () => {
    const packed = gzipSync('x'.repeat(1000)).subarray(0, 20);
    const upstream = await rawUpstream((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`);
      socket.write(packed);
    });
    const failure = await failureOf(textOf(await openTransport().send(requestTo(upstream.origin))));
    expect(failure.message).toContain('cannot be decompressed');
  });
});

describe('a cancelled exchange', () => {
  it.each(['before the head', 'in the middle of the body'])(
    'destroys its socket at once, %s, though the upstream goes on sending (f47, R1, R2)',
    async (when) => {
      const early = when === 'before the head';
      const upstream = await rawUpstream((socket) => {
        if (early) return;
        const timer = setInterval(() => socket.write(chunk('data: x\n\n')), 5);
        socket.on('close', () => clearInterval(timer));
        socket.write(CHUNKED_HEAD);
      });
      const cancellation = new Cancellation();
      const sent = openTransport().send({ ...requestTo(upstream.origin), cancellation });
      const failed = failure(early ? sent : sent.then(textOf));
      await eventually(() => upstream.requests.length === 1);
      if (!early) await pause(20);
      const reason = new Error('the client disconnected');
      const startedAt = performance.now();
      cancellation.cancel(reason);

      expect(await failed).toBe(reason);
      await eventually(() => upstream.sockets[0]?.destroyed === true);
      expect(performance.now() - startedAt).toBeLessThan(250);
    },
  );

  it('hears nothing more after its owner cancelled the body', async () => {
    const upstream = await rawUpstream((socket) => {
      const timer = setInterval(() => socket.write(chunk('x')), 2);
      socket.on('close', () => clearInterval(timer));
      socket.write(CHUNKED_HEAD);
    });
    const reply = await openTransport().send(requestTo(upstream.origin));
    const heard: string[] = [];
    reply.body.start({
      bytes() {
        heard.push('bytes');
        reply.body.cancel('enough');
      },
      end: () => heard.push('end'),
      fail: () => heard.push('fail'),
    });
    await eventually(() => upstream.sockets[0]?.destroyed === true);
    expect(heard).toEqual(['bytes']);
  });

  it('is not sent at all if it was cancelled before', async () => {
    const upstream = await rawUpstream((socket) => socket.write(jsonAnswer('{}')));
    const cancellation = new Cancellation();
    const reason = new Error('too late');
    cancellation.cancel(reason);
    expect(await failure(openTransport().send({ ...requestTo(upstream.origin), cancellation }))).toBe(reason);
    expect(upstream.sockets).toHaveLength(0);
  });

  it('opens no new socket for what nobody waits for', async () => {
    const upstream = await rawUpstream((socket) => socket.write(jsonAnswer('{}')));
    const transport = openTransport();
    await textOf(await transport.send(requestTo(upstream.origin)));
    await pause(10);
    const cancellation = new Cancellation();
    const sent = failure(transport.send({ ...requestTo(upstream.origin), cancellation }));
    cancellation.cancel(new Error('the client disconnected at once'));
    await sent;
    await pause(50);
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.sockets).toHaveLength(1);
  });

  it('gives up a handshake that hangs', async () => {
    const upstream = await rawUpstream(() => {}, undefined, 'https');
    const cancellation = new Cancellation();
    const sent = failure(openTransport().send({ ...requestTo(upstream.origin), cancellation }));
    await eventually(() => upstream.sockets.length === 1);
    cancellation.cancel(new Error('the client disconnected'));
    await sent;
    await eventually(() => upstream.sockets[0]?.destroyed === true);
  });

  it('is what an owner gets that throws at its bytes: it is told so, and the socket goes', async () => {
    const upstream = await rawUpstream((socket) => {
      socket.write(CHUNKED_HEAD);
      setTimeout(() => socket.write(chunk('a')), 20);
    });
    const reply = await openTransport().send(requestTo(upstream.origin));
    const bug = new Error('a bug');
    const told = new Promise((resolve) => {
      reply.body.start({
        bytes() {
          throw bug;
        },
        end: () => resolve('end'),
        fail: resolve,
      });
    });
    expect(await told).toMatchObject({ kind: 'network', cause: bug });
    await eventually(() => upstream.sockets[0]?.destroyed === true);
    await pause(20);
    expect(upstream.sockets).toHaveLength(1);
  });

  it('leaves no listener behind, however it ended', async () => {
    const upstream = await rawUpstream((socket) => socket.write(jsonAnswer('{}')));
    const transport = openTransport();
    const cancellation = new Cancellation();
    let listening = 0;
    const onCancel = cancellation.onCancel.bind(cancellation);
    cancellation.onCancel = (listener) => {
      listening += 1;
      const off = onCancel(listener);
      return () => {
        listening -= 1;
        off();
      };
    };
    await textOf(await transport.send({ ...requestTo(upstream.origin), cancellation }));
    await failure(transport.send({ ...requestTo('http://127.0.0.1:1'), cancellation }));
    expect(listening).toBe(0);
  });

  it('1,000 times in a row leaves no socket open (c10)', async () => {
    const upstream = await rawUpstream(() => {});
    const transport = openTransport();
    for (let round = 0; round < 20; round++) {
      const cancellation = new Cancellation();
      const calls = Array.from({ length: 50 }, () =>
        failure(transport.send({ ...requestTo(upstream.origin), cancellation })),
      );
      await eventually(() => upstream.requests.length === (round + 1) * 50);
      cancellation.cancel(new Error('the client disconnected'));
      await Promise.all(calls);
    }
    await eventually(() => upstream.sockets.every((socket) => socket.destroyed));
    expect(upstream.sockets).toHaveLength(1000);
  }, 20_000);
});

describe('an upstream that cannot be reached', () => {
  it('refuses: may be asked again, and the message says who and what to check (f01)', async () => {
    const failure = await failureOf(openTransport().send(requestTo('http://127.0.0.1:1')));
    expect(failure).toMatchObject({ kind: 'network', status: 502, retryable: true });
    expect(failure.message).toBe(
      '127.0.0.1:1 refused the connection (ECONNREFUSED). Check that it is running and that the base URL has the right port.',
    );
    expect(failure.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('has no address: is not asked again (f02)', async () => {
    const failure = await failureOf(openTransport().send(requestTo('https://portico.invalid')));
    expect(failure).toMatchObject({ kind: 'network', retryable: false });
    expect(failure.message).toMatch(/^portico\.invalid .*(ENOTFOUND|EAI_AGAIN)/);
  });

  it.each([
    ['does not speak TLS', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['hangs up during the handshake', (socket: Socket) => socket.destroy()],
  ])('fails the handshake because it %s: is not asked again (f03)', async (_, greet) => {
    const upstream = await rawUpstream(
      () => {},
      (onSocket) =>
        createServer((socket) => {
          onSocket(socket);
          socket.once('data', () => greet(socket));
        }),
      'https',
    );
    const failure = await failureOf(openTransport().send(requestTo(upstream.origin)));
    expect(failure).toMatchObject({ kind: 'network', retryable: false });
    expect(failure.message).toContain('TLS handshake');
    expect(upstream.sockets).toHaveLength(1);
  });

  it('shows a certificate nobody vouches for: is refused, even where the environment says not to check (f03)', async () => {
    const { key, cert } = SELF_SIGNED;
    const upstream = await rawUpstream((socket) => socket.write(jsonAnswer('{"ok":1}')), tlsServer(key, cert), 'https');
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    // Node warns of it, once, and rightly so.
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      warn.mockRestore();
    });
    const failure = await failureOf(openTransport().send(requestTo(upstream.origin)));
    expect(failure).toMatchObject({ kind: 'network', retryable: false });
    expect(upstream.requests).toHaveLength(0);

    const trusting = openTransport({ certificateAuthority: cert });
    expect(await textOf(await trusting.send(requestTo(upstream.origin)))).toBe('{"ok":1}');
  });

  it('resets before any header: may be asked again (f04)', async () => {
    const upstream = await rawUpstream((socket) => socket.resetAndDestroy());
    const failure = await failureOf(openTransport().send(requestTo(upstream.origin)));
    expect(failure).toMatchObject({ kind: 'network', retryable: true });
    expect(failure.message).toContain('before it answered');
    expect(upstream.requests).toHaveLength(1);
  });

  it('answers with something that is not HTTP', async () => {
    const upstream = await rawUpstream((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    expect(await failureOf(openTransport().send(requestTo(upstream.origin)))).toMatchObject({ kind: 'network' });
  });
});

describe('a socket that was kept', () => {
  it('serves the next request', async () => {
    const upstream = await rawUpstream((socket) => socket.write(jsonAnswer('{}')));
    const transport = openTransport();
    for (let index = 0; index < 3; index++) await textOf(await transport.send(requestTo(upstream.origin)));
    expect(upstream.sockets).toHaveLength(1);
  });

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'and is closed as the next request goes out (%s) costs the caller nothing: it is sent once more on a new one (f45)',
    async (close) => {
      const upstream = await rawUpstream((socket, { requestNumber }) => {
        if (requestNumber === 1) socket.write(jsonAnswer('{"ok":1}'));
        else socket[close]();
      });
      const transport = openTransport();
      await textOf(await transport.send(requestTo(upstream.origin)));
      expect(await textOf(await transport.send(requestTo(upstream.origin)))).toBe('{"ok":1}');
      expect(upstream.requests.map(({ socketNumber }) => socketNumber)).toEqual([1, 1, 2]);
    },
  );

  it('is replaced once only: the second failure is told', async () => {
    const upstream = await rawUpstream((socket, { socketNumber, requestNumber }) => {
      if (socketNumber === 1 && requestNumber === 1) socket.write(jsonAnswer('{}'));
      else socket.destroy();
    });
    const transport = openTransport();
    await textOf(await transport.send(requestTo(upstream.origin)));
    expect(await failureOf(transport.send(requestTo(upstream.origin)))).toMatchObject({
      kind: 'network',
      retryable: true,
    });
    expect(upstream.requests).toHaveLength(3);
  });

  it('and breaks after the first byte of an answer is not used to send twice (f45: never twice billed)', async () => {
    const upstream = await rawUpstream((socket, { requestNumber }) => {
      if (requestNumber === 1) socket.write(jsonAnswer('{}'));
      else socket.write('HTT', () => socket.destroy());
    });
    const transport = openTransport();
    await textOf(await transport.send(requestTo(upstream.origin)));
    await failureOf(transport.send(requestTo(upstream.origin)));
    expect(upstream.requests).toHaveLength(2);
  });

  it('and breaks while the upstream works on the request is not used to send twice', async () => {
    const upstream = await rawUpstream((socket, { requestNumber }) => {
      if (requestNumber === 1) socket.write(jsonAnswer('{}'));
      else setTimeout(() => socket.destroy(), 1_100);
    });
    const transport = openTransport();
    await textOf(await transport.send(requestTo(upstream.origin)));
    await failureOf(transport.send(requestTo(upstream.origin)));
    expect(upstream.requests).toHaveLength(2);
  });

  it('is the one used last: what a burst opened can idle away', async () => {
    const upstream = await rawUpstream((socket) => {
      setTimeout(() => socket.write(jsonAnswer('{}')), 20);
    });
    const transport = openTransport();
    const ask = async () => textOf(await transport.send(requestTo(upstream.origin)));
    await Promise.all([ask(), ask(), ask()]);
    const burst = upstream.requests.length;
    for (let index = 0; index < 3; index++) await ask();
    expect(upstream.sockets).toHaveLength(3);
    expect(new Set(upstream.requests.slice(burst).map(({ socketNumber }) => socketNumber)).size).toBe(1);
  });

  it('is given up after its idle time', async () => {
    const upstream = await rawUpstream((socket) => socket.write(jsonAnswer('{}')));
    const transport = openTransport({ idleSocketMs: 30 });
    await textOf(await transport.send(requestTo(upstream.origin)));
    await eventually(() => upstream.sockets[0]?.destroyed === true);
    expect(await textOf(await transport.send(requestTo(upstream.origin)))).toBe('{}');
    expect(upstream.sockets).toHaveLength(2);
  });

  it('is not kept where the upstream says "connection: close"', async () => {
    const upstream = await rawUpstream((socket) => socket.end(jsonAnswer('{}', 'connection: close\r\n')));
    const transport = openTransport();
    for (let index = 0; index < 3; index++)
      expect(await textOf(await transport.send(requestTo(upstream.origin)))).toBe('{}');
    expect(upstream.sockets).toHaveLength(3);
  });
});

describe('many exchanges', () => {
  it('1,000 streams are open at once', async () => {
    const open: Socket[] = [];
    const upstream = await rawUpstream((socket) => {
      socket.write(CHUNKED_HEAD + chunk('first'));
      open.push(socket);
    });
    const transport = openTransport();
    const replies = await Promise.all(Array.from({ length: 1000 }, () => transport.send(requestTo(upstream.origin))));
    const texts = replies.map(textOf);
    for (const socket of open) socket.write(chunk(' last') + LAST_CHUNK);
    expect(new Set(await Promise.all(texts))).toEqual(new Set(['first last']));
  }, 20_000);

  it('wait for their turn under a limit, in order, and can be cancelled while they wait', async () => {
    const upstream = await rawUpstream((socket) => {
      setTimeout(() => socket.write(jsonAnswer('{}')), 5);
    });
    const transport = openTransport({ connectionsPerOrigin: 1 });
    const order: string[] = [];
    const ask = async (name: string, cancellation = new Cancellation()) => {
      await textOf(await transport.send({ ...requestTo(upstream.origin), cancellation }));
      order.push(name);
    };
    const left = new Cancellation();
    const calls = [ask('first'), ask('second'), failure(ask('third', left)), ask('fourth')];
    left.cancel(new Error('the client disconnected'));
    await Promise.all(calls);
    expect(order).toEqual(['first', 'second', 'fourth']);
    expect(upstream.sockets).toHaveLength(1);
  });

  it('that fail under a limit make room for the next', async () => {
    const upstream = await rawUpstream((socket, { socketNumber }) => {
      if (socketNumber === 1) socket.resetAndDestroy();
      else socket.write(jsonAnswer('{"ok":1}'));
    });
    const transport = openTransport({ connectionsPerOrigin: 1 });
    const first = failureOf(transport.send(requestTo(upstream.origin)));
    const second = transport.send(requestTo(upstream.origin)).then(textOf);
    await first;
    expect(await second).toBe('{"ok":1}');
  });
});

describe('close', () => {
  it('lets exchanges under way end, lets idle sockets go and refuses what comes later', async () => {
    let finish: (() => void) | undefined;
    const upstream = await rawUpstream((socket, { body }) => {
      if (body === 'whole') return socket.write(jsonAnswer('{}'));
      socket.write(CHUNKED_HEAD + chunk('a'));
      finish = () => socket.write(chunk('b') + LAST_CHUNK);
    });
    const transport = openTransport();
    const text = textOf(await transport.send({ ...requestTo(upstream.origin), body: 'streamed' }));
    await textOf(await transport.send({ ...requestTo(upstream.origin), body: 'whole' }));

    const closed = transport.close();
    expect(await failureOf(transport.send(requestTo(upstream.origin)))).toMatchObject({ kind: 'unavailable' });
    finish?.();
    expect(await text).toBe('ab');
    await closed;
    await eventually(() => upstream.sockets.every((socket) => socket.destroyed));
    await transport.close();
  });
});

const MEGABYTE = 1024 * 1024;

function openTransport(options?: UndiciTransportOptions): Transport {
  const transport = undiciTransport(options);
  onTestFinished(() => void transport.close());
  return transport;
}

function requestTo(origin: string): UpstreamRequest {
  return {
    method: 'POST',
    origin,
    path: '/v1/x?y=1',
    headers: {},
    body: '{}',
    cancellation: new Cancellation(),
    attempt: { callId: 'call', deployment: 'deployment', provider: 'provider', number: 1 },
  };
}

function textOf({ body }: UpstreamReply): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    body.start({
      bytes: (piece) => pieces.push(piece),
      end: () => resolve(Buffer.concat(pieces).toString()),
      fail: reject,
    });
  });
}

/** Writes that many megabytes as fast as they are taken. */
function flood(megabytes: number): (socket: Socket) => void {
  const piece = Buffer.from(chunk('x'.repeat(MEGABYTE)));
  return (socket) => {
    socket.write(CHUNKED_HEAD);
    let left = megabytes;
    const more = () => {
      while (left > 0) {
        left -= 1;
        if (!socket.write(piece)) return void socket.once('drain', more);
      }
      socket.write(LAST_CHUNK);
    };
    more();
  };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it succeeded'),
    (error: unknown) => error,
  );
}

async function failureOf(promise: Promise<unknown>): Promise<GatewayError> {
  const error = await failure(promise);
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function eventually(holds: () => boolean, withinMs = 5_000): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endsAt) expect.fail(`not within ${withinMs} ms: ${holds.toString()}`);
    await pause(2);
  }
}

function tlsServer(key: string, cert: string): (onSocket: (socket: Socket) => void) => Server {
  return (onSocket) => createTlsServer({ key, cert }, onSocket);
}
