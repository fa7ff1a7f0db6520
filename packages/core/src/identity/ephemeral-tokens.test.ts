import { fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';
import { createTokens } from './ephemeral-tokens.js';
import { createRevocations, type Revocations } from './revocations.js';

const SECRET = 'the-secret-of-these-tests-0123456789';
const OTHER = 'another-secret-of-these-tests-012345';
const MINUTE = 60_000;

describe('a token', () => {
  it('stands for the principal it was issued to, with limits and budget, in every instance that knows the secret', async () => {
    const here = arrange();
    const there = arrange();
    const ada = { id: 'ada', team: 'a', models: ['fast'], limits: { requestsPerMinute: 3 }, budget: { usd: 1 } };
    const { token, expiresAt } = await here.tokens.issue(ada, MINUTE);
    expect(token).toMatch(/^pt_[\w-]+\.[\w-]+$/);
    expect(expiresAt).toBe(here.clock.now() + MINUTE);
    expect(await there.tokens.find(token)).toEqual(ada);
  });

  it('carries nothing of a host’s own user object but what a principal is', async () => {
    const { tokens } = arrange();
    const user = { id: 'grüße', passwordHash: 'x' };
    expect(await tokens.find((await tokens.issue(user)).token)).toEqual({ id: 'grüße' });
  });

  it('is refused from the moment it expires: after 10 minutes, or when it was told to', async () => {
    const { tokens, clock } = arrange();
    const usual = await tokens.issue({ id: 'ada' });
    const short = await tokens.issue({ id: 'ada' }, 1_000);
    await clock.advance(999);
    expect((await tokens.find(short.token)).id).toBe('ada');
    await clock.advance(1);
    expect(await refusal(tokens.find(short.token))).toBe('expired');
    await clock.advance(10 * MINUTE - 1_001);
    expect((await tokens.find(usual.token)).id).toBe('ada');
    await clock.advance(1);
    expect(await refusal(tokens.find(usual.token))).toBe('expired');
  });

  it('is refused if a single character of it is another one (R-SEC-3)', async () => {
    const { tokens } = arrange();
    const { token } = await tokens.issue({ id: 'ada' });
    for (let at = 3; at < token.length - 1; at++) {
      const forged = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(await refusal(tokens.find(forged)), `character ${at}`).toBe('invalid_api_key');
    }
    for (const forged of ['pt_', 'pt_.', 'pt_a', 'pt_a.b.c', `${token}.x`, `${token}!`, token.slice(0, -2)]) {
      expect(await refusal(tokens.find(forged)), forged).toBe('invalid_api_key');
    }
  });

  it('of another secret is refused, and one of an earlier secret accepted while that is in the list', async () => {
    const old = await arrange(OTHER).tokens.issue({ id: 'ada' });
    expect(await refusal(arrange(SECRET).tokens.find(old.token))).toBe('invalid_api_key');
    const both = arrange([SECRET, OTHER]).tokens;
    expect((await both.find(old.token)).id).toBe('ada');
    const fresh = await both.issue({ id: 'ada' });
    expect((await arrange(SECRET).tokens.find(fresh.token)).id).toBe('ada');
  });

  it('of before a revocation is refused, one of after it is not, in the same millisecond too', async () => {
    const { tokens, revocations } = arrange();
    const before = await tokens.issue({ id: 'ada' });
    const grace = await tokens.issue({ id: 'grace' });
    revocations.revoke('ada');
    const after = await tokens.issue({ id: 'ada' });
    expect(await refusal(tokens.find(before.token))).toBe('revoked');
    expect((await tokens.find(after.token)).id).toBe('ada');
    expect((await tokens.find(grace.token)).id).toBe('grace');
  });

  it('cannot live longer than a day, be larger than headers, or be signed with a secret that can be guessed', async () => {
    const { tokens } = arrange();
    for (const expiresInMs of [0, -1, Number.NaN, 25 * 60 * MINUTE]) {
      await expect(tokens.issue({ id: 'ada' }, expiresInMs)).rejects.toThrow('The lifetime of a token must be');
    }
    await expect(tokens.issue({ id: 'a'.repeat(4_000) })).rejects.toThrow('fit into a header');
    expect(() => arrange('short')).toThrow('tokens.secret: has 5 characters: use at least 32, generated at random.');
    expect(() => arrange([SECRET, 'short'])).toThrow('tokens.secret[1]: has 5 characters');
    expect(() => arrange([])).toThrow('tokens.secret: is an empty list.');
  });
});

describe('revocations', () => {
  it('are remembered as long as a token can live, and no longer', async () => {
    const clock = fakeClock();
    const revocations = revocationsOf(clock, 1_000);
    revocations.revoke('ada');
    await clock.advance(1_001);
    expect(revocations.revokedAt('ada')).toBeDefined();
    revocations.revoke('grace');
    expect(revocations.revokedAt('ada')).toBeUndefined();
  });

  it('are told apart from those before a reading of the turn', () => {
    const revocations = revocationsOf(fakeClock(), 1_000);
    revocations.revoke('ada');
    const { turn } = revocations;
    expect(revocations.revokedSince('ada', turn)).toBe(false);
    revocations.revoke('grace');
    expect([revocations.revokedSince('ada', turn), revocations.revokedSince('grace', turn)]).toEqual([false, true]);
  });
});

function arrange(secret: string | readonly string[] = SECRET) {
  const clock = fakeClock();
  const revocations = revocationsOf(clock, 24 * 60 * MINUTE);
  return { clock, revocations, tokens: createTokens({ secret }, clock, revocations) };
}

async function refusal(found: Promise<unknown>): Promise<string | undefined> {
  return found.then(
    () => undefined,
    (error: unknown) => (error instanceof GatewayError && error.status === 401 ? error.code : String(error)),
  );
}

/** Without other instances. */
function revocationsOf(clock: Clock, keepMs: number): Revocations {
  return createRevocations({ clock, keepMs, store: undefined, logger: undefined, onRevoked() {} });
}
