import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { reveal, secret } from './secret.js';

describe('a secret', () => {
  it('is masked in every printed form (R-LOG-1)', () => {
    const wrapped = secret('sk-canary-123456');
    const printed = [
      String(wrapped),
      `${wrapped}`,
      JSON.stringify({ wrapped }),
      inspect({ wrapped }, { showHidden: true }),
      format('%s %o %j', wrapped, wrapped, wrapped),
    ];
    for (const form of printed) expect(form).not.toContain('canary');
    expect(Object.values(wrapped)).toEqual([]);
    expect(reveal(wrapped)).toBe('sk-canary-123456');
  });
});
