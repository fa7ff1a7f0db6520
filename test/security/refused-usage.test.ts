import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGateway } from '@portico/node';
import { fakeClock } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';

type Body = { readonly stream_options?: Record<string, unknown>; readonly user?: string };

const USAGE = { include_usage: true };

describe('a vendor that refuses a request in words that name stream_options', () => {
  it.each([
    ['an unknown member', { stream_options: { foo: 1 } }, 200],
    ['a member of another type', { stream_options: { include_usage: 'yes', include_obfuscation: 1 } }, 200],
    ['a known member', { stream_options: { include_obfuscation: true } }, 400],
    ['another field, whose value it repeats', { user: 'stream_options' }, 400],
  ])('is asked for usage by everybody else, whatever its caller set: %s', async (_what, fields, status) => {
    const { stream, sent, logged } = await start(({ stream_options: options, user }) => {
      const isRefused = user !== undefined || Object.keys(options ?? {}).some((name) => name !== 'include_usage');
      return isRefused ? `Invalid value near 'stream_options' (${user ?? ''}).` : undefined;
    });
    for (let call = 0; call < 3; call += 1) expect((await stream(fields)).status).toBe(status);
    // The caller's own stream is not without usage either.
    expect(sent()).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining({ stream_options: expect.objectContaining(USAGE) })),
    );
    expect((await stream({})).status).toBe(200);
    expect(sent()).toEqual([expect.objectContaining({ stream_options: USAGE })]);
    expect(logged).toEqual([]);
  });
});

describe('a deployment that refuses to be asked for usage', () => {
  it('is asked without for ten minutes, which the log says, and then with it again', async () => {
    const { stream, sent, logged, clock } = await start(({ stream_options: options }) =>
      options === undefined ? undefined : 'Unrecognized request argument supplied: stream_options',
    );
    const options = () => sent().map((body) => body.stream_options);
    expect((await stream({})).status).toBe(200);
    expect(options()).toEqual([USAGE, undefined]);
    expect(logged).toEqual([
      [expect.objectContaining({ deployment: 'dep' }), expect.stringContaining('include_usage')],
    ]);
    await clock.advance(9 * 60_000);
    expect((await stream({})).status).toBe(200);
    expect(options()).toEqual([undefined]);
    await clock.advance(61_000);
    expect((await stream({})).status).toBe(200);
    expect(options()).toEqual([USAGE, undefined]);
  });
});

/** A gateway in front of one deployment whose vendor refuses what `refuse` has words for. */
async function start(refuse: (body: Body) => string | undefined) {
  const seen: Body[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(pieces).toString()) as Body;
      seen.push(body);
      const message = refuse(body);
      response.writeHead(message === undefined ? 200 : 400, {
        'content-type': message === undefined ? 'text/event-stream' : 'application/json',
      });
      const choice = { index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' };
      const chunk = { id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] };
      const error = { message, type: 'invalid_request_error', param: null, code: null };
      response.end(
        message === undefined ? `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n` : JSON.stringify({ error }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const clock = fakeClock(Date.UTC(2026, 5, 3, 12));
  const logged: unknown[][] = [];
  const gateway = createGateway({
    clock,
    logger: {
      debug() {},
      info() {},
      warn: (...said) => void logged.push(said),
      error: (...said) => void logged.push(said),
    },
    models: {
      chat: [
        {
          id: 'dep',
          model: 'openai/m',
          baseUrl,
          apiKey: 'sk-of-a-vendor-that-is-none',
          price: { input: 1, output: 2 },
        },
      ],
    },
  });
  onTestFinished(async () => {
    await gateway.close({ graceMs: 0 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    clock,
    logged,
    sent: () => seen.splice(0),
    async stream(fields: object) {
      const answer = await gateway.fetchAs({ id: 'ada' })('http://portico/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'chat', stream: true, messages: [{ role: 'user', content: 'Hi' }], ...fields }),
      });
      await answer.text();
      return answer;
    },
  };
}
