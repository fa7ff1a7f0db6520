import { describe, expect, it } from 'vitest';
import { mayUseModel, mayUseOperation } from './access.js';

describe('mayUseModel', () => {
  it('allows every group to a principal that names none', () => {
    expect(mayUseModel({ id: 'ann' }, 'fast')).toBe(true);
  });

  it('allows the groups that are named and no other', () => {
    const ann = { id: 'ann', models: ['fast', 'smart'] };
    expect(mayUseModel(ann, 'smart')).toBe(true);
    expect(mayUseModel(ann, 'smarter')).toBe(false);
    expect(mayUseModel(ann, 'smar')).toBe(false);
    expect(mayUseModel({ id: 'bob', models: [] }, 'fast')).toBe(false);
  });

  it('takes a star at the end, and only there, for the rest of a name', () => {
    const team = { id: 'team', models: ['team-a/*', 'a*b'] };
    expect(mayUseModel(team, 'team-a/fast')).toBe(true);
    expect(mayUseModel(team, 'team-b/fast')).toBe(false);
    expect(mayUseModel(team, 'axb')).toBe(false);
    expect(mayUseModel(team, 'a*b')).toBe(true);
    expect(mayUseModel({ id: 'all', models: ['*'] }, 'anything')).toBe(true);
  });
});

describe('mayUseOperation', () => {
  it('allows what is named, or everything', () => {
    expect(mayUseOperation({ id: 'ann' }, 'embeddings')).toBe(true);
    expect(mayUseOperation({ id: 'ann', operations: ['embeddings'] }, 'embeddings')).toBe(true);
    expect(mayUseOperation({ id: 'ann', operations: ['embeddings'] }, 'chat.completions')).toBe(false);
  });
});
