import { OutgoingMessage, ServerResponse } from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { afterAll, expect } from 'vitest';

// Runs in front of every test file there is (see `setupFiles`), and fails it for what no host wants to hear (R-HOST-3): a
// rejection that nobody handled, a warning of Node's (leaking listeners and deprecations are some), a deprecation that a
// framework announces in a way of its own, and an attempt to set headers that have been sent, whoever caught the error.

const noise: unknown[] = [];
const hear = (sound: unknown): void => {
  if (!isSqliteWarning(sound)) noise.push(sound);
};

/** Node 22 says of its own driver of SQLite that it is experimental, once, whoever uses it. */
function isSqliteWarning(sound: unknown): boolean {
  return sound instanceof Error && sound.name === 'ExperimentalWarning' && sound.message.startsWith('SQLite');
}

const SOUNDS = ['unhandledRejection', 'warning', 'deprecation'];

for (const sound of SOUNDS) process.on(sound, hear);
for (const prototype of [OutgoingMessage.prototype, ServerResponse.prototype, Http2ServerResponse.prototype]) {
  for (const method of ['setHeader', 'appendHeader', 'removeHeader', 'writeHead', 'flushHeaders']) {
    hearLateHeaders(prototype as unknown as Methods, method);
  }
}

afterAll(async () => {
  await turnOfTheEventLoop();
  for (const sound of SOUNDS) process.off(sound, hear);
  expect(noise).toEqual([]);
});

type Methods = Record<string, (...given: unknown[]) => unknown>;

const TOO_LATE = ['ERR_HTTP_HEADERS_SENT', 'ERR_HTTP2_HEADERS_SENT'];

function hearLateHeaders(prototype: Methods, method: string): void {
  if (!Object.hasOwn(prototype, method)) return;
  const original = prototype[method] as Methods[string];
  prototype[method] = function (this: unknown, ...given) {
    try {
      return original.apply(this, given);
    } catch (error) {
      if (TOO_LATE.includes((error as NodeJS.ErrnoException).code ?? '')) hear(error);
      throw error;
    }
  };
}
