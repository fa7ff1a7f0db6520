import { describe, expect, it } from 'vitest';
import { createResourceIds, resolveResourceIds } from './resource-ids.js';

const SECRET = 'the-secret-of-these-tests-0123456789';
const NEXT = 'the-next-secret-of-these-tests-01234';
const RESOURCE = { deployment: 'smart:acme/größe#2', id: 'file-abc' };

describe('the id of something a vendor keeps', () => {
  it('leads back to it in every instance that knows the secret, and looks like the vendor’s own', async () => {
    const id = await createResourceIds([SECRET]).encrypt('file', RESOURCE, 'ada');
    expect(id).toMatch(/^file-[\w-]+$/);
    expect(id).not.toContain('abc');
    expect(await createResourceIds([SECRET]).decrypt('file', id, 'ada')).toEqual(RESOURCE);
  });

  it('is always the same for the same thing, and never for another', async () => {
    const ids = createResourceIds([SECRET]);
    const id = await ids.encrypt('file', RESOURCE, 'ada');
    expect(await ids.encrypt('file', RESOURCE, 'ada')).toBe(id);
    expect(await ids.encrypt('file', { ...RESOURCE, id: 'file-abd' }, 'ada')).not.toBe(id);
  });

  it('says whether what it stands for is still to be charged', async () => {
    const ids = createResourceIds([SECRET]);
    const unbilled = { ...RESOURCE, unbilled: true } as const;
    const id = await ids.encrypt('response', unbilled, 'ada');
    expect(await ids.decrypt('response', id, 'ada')).toEqual(unbilled);
    expect(await ids.decrypt('response', await ids.encrypt('response', RESOURCE, 'ada'), 'ada')).toEqual(RESOURCE);
  });

  it('does not exist for anybody but its owner, nor as anything else (R-SEC-9)', async () => {
    const ids = createResourceIds([SECRET]);
    const id = await ids.encrypt('file', RESOURCE, 'ada');
    expect(await ids.decrypt('file', id, 'bob')).toBeUndefined();
    expect(await ids.decrypt('batch', id, 'ada')).toBeUndefined();
    expect(await ids.decrypt('batch', id.replace('file-', 'batch_'), 'ada')).toBeUndefined();
  });

  it('cannot be made up or changed: every changed character is noticed (R-SEC-9)', async () => {
    const ids = createResourceIds([SECRET]);
    const id = await ids.encrypt('response', RESOURCE, 'ada');
    for (let at = 0; at < id.length - 1; at += 1) {
      const changed = `${id.slice(0, at)}${id[at] === 'A' ? 'B' : 'A'}${id.slice(at + 1)}`;
      expect(await ids.decrypt('response', changed, 'ada')).toBeUndefined();
    }
    for (const made of ['', 'resp_', 'resp_../../x', 'resp_abc', `resp_${'A'.repeat(3_000)}`, 'file-abc']) {
      expect(await ids.decrypt('response', made, 'ada')).toBeUndefined();
    }
  });

  it('outlives a change of the secret while the old one is still listed', async () => {
    const old = await createResourceIds([SECRET]).encrypt('batch', RESOURCE, 'ada');
    expect(await createResourceIds([NEXT, SECRET]).decrypt('batch', old, 'ada')).toEqual(RESOURCE);
    expect(await createResourceIds([NEXT]).decrypt('batch', old, 'ada')).toBeUndefined();
  });

  it('is sealed with the secret of tokens where there is none of its own, and with neither not at all', async () => {
    const byTokens = await resolveResourceIds({ tokens: { secret: SECRET } })?.encrypt('file', RESOURCE, 'ada');
    expect(await createResourceIds([SECRET]).decrypt('file', byTokens ?? '', 'ada')).toEqual(RESOURCE);
    const own = await resolveResourceIds({ tokens: { secret: SECRET }, ids: { secret: [NEXT] } })?.encrypt(
      'file',
      RESOURCE,
      'ada',
    );
    expect(await createResourceIds([NEXT]).decrypt('file', own ?? '', 'ada')).toEqual(RESOURCE);
    expect(resolveResourceIds({})).toBeUndefined();
    expect(() => resolveResourceIds({ ids: { secret: ['short'] } })).toThrow('ids.secret[0]: has 5 characters');
  });
});
