import { fakeClock } from '@portico/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GatewayError } from '../errors.js';
import { secret } from '../secret.js';
import { createVirtualKeys, keyRefused } from './virtual-keys.js';

const ANN = 'sk-gw-ann-0123456789abcdef';
const BOB = 'sk-gw-bob-0123456789abcdef';

afterEach(() => vi.restoreAllMocks());

describe.each([
  ['with the hash of new Nodes', () => {}],
  ['with the hash of other runtimes', () => onlyCreateHash()],
  ['without any hash', () => void vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)],
])('createVirtualKeys %s', (_, arrange) => {
  it('finds who a key stands for, whether it was given as text or wrapped', () => {
    arrange();
    const ring = createVirtualKeys(
      [
        { key: ANN, principal: { id: 'ann' } },
        { key: secret(BOB), principal: { id: 'bob' } },
      ],
      fakeClock(),
    );
    expect(ring.size).toBe(2);
    expect(ring.find(ANN)?.id).toBe('ann');
    expect(ring.find(BOB)?.id).toBe('bob');
    expect(Object.isFrozen(ring.find(BOB))).toBe(true);
  });

  it('finds no other text, however much of it was right (c08, R-SEC-3)', () => {
    arrange();
    const ring = createVirtualKeys([{ key: ANN, principal: { id: 'ann' } }], fakeClock());
    for (const presented of ['', ANN.slice(0, -1), `${ANN}x`, `${ANN.slice(0, -1)}x`, ANN.toUpperCase(), BOB]) {
      expect(ring.find(presented)).toBeUndefined();
    }
  });
});

describe('createVirtualKeys', () => {
  it('refuses a key from the moment it expires (c08)', async () => {
    const clock = fakeClock();
    const ring = createVirtualKeys(
      [
        { key: ANN, principal: { id: 'ann' }, expiresAt: new Date(clock.now() + 1_000) },
        { key: BOB, principal: { id: 'bob' }, expiresAt: clock.now() + 2_000 },
      ],
      clock,
    );
    await clock.advance(999);
    expect(ring.find(ANN)?.id).toBe('ann');
    await clock.advance(1);
    expect(refusal(() => ring.find(ANN))).toMatchObject({ kind: 'unauthenticated', code: 'expired' });
    expect(ring.find(BOB)?.id).toBe('bob');
  });

  it('refuses a revoked key, even if it has expired as well', () => {
    const clock = fakeClock();
    const ring = createVirtualKeys(
      [{ key: ANN, principal: { id: 'ann' }, revoked: true, expiresAt: clock.now() }],
      clock,
    );
    expect(refusal(() => ring.find(ANN)).code).toBe('revoked');
  });

  it('says the same words for unknown, expired and revoked, and never the key (R-LOG-1)', () => {
    const clock = fakeClock();
    const ring = createVirtualKeys(
      [
        { key: ANN, principal: { id: 'ann' }, revoked: true },
        { key: BOB, principal: { id: 'bob' }, expiresAt: clock.now() },
      ],
      clock,
    );
    const words = [ANN, BOB].map((presented) => refusal(() => ring.find(presented)).message);
    words.push(keyRefused('invalid_api_key').message);
    expect(new Set(words).size).toBe(1);
    expect(words[0]).not.toContain('sk-gw');
  });

  it.each([
    ['too short', [{ key: 'short-key', principal: { id: 'a' } }], 'keys[0].key: has 9 characters'],
    ['with a line break', [{ key: `${ANN}\n`, principal: { id: 'a' } }], 'keys[0].key: contains a character'],
    [
      'there twice',
      [ANN, BOB, ANN].map((key) => ({ key, principal: { id: 'a' } })),
      'keys[2].key: is the same as keys[0].key',
    ],
    [
      'without an end',
      [{ key: ANN, principal: { id: 'a' }, expiresAt: new Date('soon') }],
      'keys[0].expiresAt: is not a time',
    ],
  ])('fails at once for a key %s, names its index and not the key', (_, keys, message) => {
    const failure = refusal(() => createVirtualKeys(keys, fakeClock()));
    expect(failure.message).toContain(message);
    expect(failure.message).not.toContain(keys[0]?.key.trim());
  });
});

function onlyCreateHash(): void {
  const { createHash } = process.getBuiltinModule('node:crypto');
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ createHash });
}

function refusal(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('nothing was refused');
}
