import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readConfig } from '@portico/config';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOfCore } from './json-schema-of-core.js';

const published = fileURLToPath(new URL('../../packages/config/schema.json', import.meta.url));

describe('the JSON Schema of configuration files', () => {
  it("is what core's own schema says: with UPDATE_SCHEMA=1 it is written anew", () => {
    if (process.env.UPDATE_SCHEMA) writeFileSync(published, `${JSON.stringify(jsonSchemaOfCore(), null, 2)}\n`);
    expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(jsonSchemaOfCore());
  });

  it('takes what the gateway takes, and notices what it refuses', () => {
    const schema = z.fromJSONSchema(JSON.parse(readFileSync(published, 'utf8')));
    const good = {
      $schema: './schema.json',
      models: {
        fast: 'openai/gpt-4o-mini',
        smart: { deployments: [{ model: 'openai/gpt-4o', weight: 2 }], fallbacks: ['fast'] },
      },
      keys: [{ key: 'a-key-of-at-least-twenty-characters', principal: { id: 'ada', budget: { usd: 1, per: 'day' } } }],
    };
    expect(schema.safeParse(good).success).toBe(true);
    expect(readConfig(JSON.stringify(good), { environment: { OPENAI_API_KEY: 'k' } }).guard).toBe('keys');
    expect(schema.safeParse({ ...good, retry: {} }).success).toBe(false);
    expect(schema.safeParse({ models: { fast: { deployments: [{ modle: 'openai/gpt-4o' }] } } }).success).toBe(false);
  });
});
