import { GatewayError } from '@portico/core';
import { type ByteSink, Cancellation, type Send } from '@portico/core/provider';
import { expect, it } from 'vitest';
import { fetchText } from './fetch-text.js';

it('an answer that is too large is cancelled once, listens to its call no more and keeps nothing that still comes', async () => {
  const cancelled: unknown[] = [];
  let sink: ByteSink | undefined;
  const send: Send = () =>
    Promise.resolve({
      status: 200,
      headers: { get: () => undefined },
      body: {
        start(given) {
          sink = given;
          for (let part = 0; part < 10; part += 1) given.bytes(new Uint8Array(100_000));
        },
        pause() {},
        resume() {},
        cancel: (reason) => void cancelled.push(reason),
      },
    });
  const cancellation = new Cancellation();
  const answer = fetchText(send, {
    method: 'GET',
    url: new URL('https://tokens.example/token'),
    headers: {},
    cancellation,
    attempt: { callId: 'call', deployment: 'one', provider: 'acme', number: 1 },
  });
  await expect(answer).rejects.toBeInstanceOf(GatewayError);
  cancellation.cancel(new Error('the call is over'));
  sink?.end();
  expect(cancelled).toMatchObject([{ kind: 'upstream_error' }]);
});

it('is not begun for a call that was over before its head came', async () => {
  const cancellation = new Cancellation();
  const reason = new Error('left');
  let started = 0;
  const send: Send = () => {
    cancellation.cancel(reason);
    const body = {
      start: () => {
        started += 1;
      },
      pause() {},
      resume() {},
      cancel() {},
    };
    return Promise.resolve({ status: 200, headers: { get: () => undefined }, body });
  };
  const attempt = { callId: 'call', deployment: 'one', provider: 'acme', number: 1 };
  const question = {
    method: 'GET',
    url: new URL('https://tokens.example/'),
    headers: {},
    cancellation,
    attempt,
  } as const;
  await expect(fetchText(send, question)).rejects.toBe(reason);
  expect(started).toBe(0);
});
