import { describe, expect, it } from 'vitest';
import { checkShape } from './check-shape.js';
import { configSchema, deploymentSchema, groupSchema } from './config-schema.js';
import { RENAMED_KEYS } from './renamed-keys.js';

describe('a key of before the first release', () => {
  it.each(Object.entries(RENAMED_KEYS))('%s is refused with its new name, %s', (old, name) => {
    const messages = [
      ...checkShape({ models: {}, [old]: 1 }, configSchema, ''),
      ...checkShape({ models: {}, cooldowns: { [old]: 1 } }, configSchema, ''),
      ...checkShape({ [old]: {} }, groupSchema, 'models.a'),
      ...checkShape({ model: 'acme/one', [old]: {} }, deploymentSchema, 'models.a[0]'),
    ].map(({ path, message }) => `${path}: ${message}`);
    expect(messages).toContainEqual(expect.stringContaining(`${old}: unknown key (it is called "${name}" now).`));
  });
});
