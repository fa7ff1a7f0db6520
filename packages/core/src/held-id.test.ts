import { describe, expect, it } from 'vitest';
import { heldIdsOf, openHeldIds } from './held-id.js';

const SECRET = 'the-secret-of-these-tests-0123456789';
const NEXT = 'the-next-secret-of-these-tests-01234';
const HELD = { deployment: 'smart:acme/größe#2', id: 'file-abc' };

describe('the id of something a vendor keeps', () => {
  it('leads back to it in every instance that knows the secret, and looks like the vendor’s own', async () => {
    const id = await openHeldIds([SECRET]).seal('file', HELD, 'ada');
    expect(id).toMatch(/^file-[\w-]+$/);
    expect(id).not.toContain('abc');
    expect(await openHeldIds([SECRET]).open('file', id, 'ada')).toEqual(HELD);
  });

  it('is always the same for the same thing, and never for another', async () => {
    const ids = openHeldIds([SECRET]);
    const id = await ids.seal('file', HELD, 'ada');
    expect(await ids.seal('file', HELD, 'ada')).toBe(id);
    expect(await ids.seal('file', { ...HELD, id: 'file-abd' }, 'ada')).not.toBe(id);
  });

  it('says whether what it stands for is still to be charged', async () => {
    const ids = openHeldIds([SECRET]);
    const owed = { ...HELD, owed: true } as const;
    const id = await ids.seal('response', owed, 'ada');
    expect(await ids.open('response', id, 'ada')).toEqual(owed);
    expect(await ids.open('response', await ids.seal('response', HELD, 'ada'), 'ada')).toEqual(HELD);
  });

  it('does not exist for anybody but its owner, nor as anything else (R-SEC-9)', async () => {
    const ids = openHeldIds([SECRET]);
    const id = await ids.seal('file', HELD, 'ada');
    expect(await ids.open('file', id, 'bob')).toBeUndefined();
    expect(await ids.open('batch', id, 'ada')).toBeUndefined();
    expect(await ids.open('batch', id.replace('file-', 'batch_'), 'ada')).toBeUndefined();
  });

  it('cannot be made up or changed: every changed character is noticed (R-SEC-9)', async () => {
    const ids = openHeldIds([SECRET]);
    const id = await ids.seal('response', HELD, 'ada');
    for (let at = 0; at < id.length - 1; at += 1) {
      const changed = `${id.slice(0, at)}${id[at] === 'A' ? 'B' : 'A'}${id.slice(at + 1)}`;
      expect(await ids.open('response', changed, 'ada')).toBeUndefined();
    }
    for (const made of ['', 'resp_', 'resp_../../x', 'resp_abc', `resp_${'A'.repeat(3_000)}`, 'file-abc']) {
      expect(await ids.open('response', made, 'ada')).toBeUndefined();
    }
  });

  it('outlives a change of the secret while the old one is still listed', async () => {
    const old = await openHeldIds([SECRET]).seal('batch', HELD, 'ada');
    expect(await openHeldIds([NEXT, SECRET]).open('batch', old, 'ada')).toEqual(HELD);
    expect(await openHeldIds([NEXT]).open('batch', old, 'ada')).toBeUndefined();
  });

  it('is sealed with the secret of tokens where there is none of its own, and with neither not at all', async () => {
    const byTokens = await heldIdsOf({ tokens: { secret: SECRET } })?.seal('file', HELD, 'ada');
    expect(await openHeldIds([SECRET]).open('file', byTokens ?? '', 'ada')).toEqual(HELD);
    const own = await heldIdsOf({ tokens: { secret: SECRET }, ids: { secret: [NEXT] } })?.seal('file', HELD, 'ada');
    expect(await openHeldIds([NEXT]).open('file', own ?? '', 'ada')).toEqual(HELD);
    expect(heldIdsOf({})).toBeUndefined();
    expect(() => heldIdsOf({ ids: { secret: ['short'] } })).toThrow('ids.secret[0]: has 5 characters');
  });
});
