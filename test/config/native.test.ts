import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigFileError, loadConfig, readConfig } from '@portico/config';
import { reveal, type Secret } from '@portico/core';
import { describe, expect, it, onTestFinished } from 'vitest';

const environment = { OPENAI_API_KEY: 'sk-openai', PORTICO_KEY: 'a-key-of-at-least-twenty-characters' };

const YAML = `
models:
  fast: openai/gpt-4o-mini
  smart:
    deployments:
      - model: openai/gpt-4o
        weight: 3
      - openai/gpt-4.1
    fallbacks: [fast]
keys:
  - key: env:PORTICO_KEY
    principal: { id: ada, budget: { usd: 5, per: day } }
`;

describe("the gateway's own configuration in a file", () => {
  it('is the shape createGateway takes, with references to the environment followed', () => {
    const { config, guard, report } = readConfig(YAML, { environment });
    expect(config.models).toMatchObject({ fast: 'openai/gpt-4o-mini', smart: { fallbacks: ['fast'] } });
    expect(reveal(config.keys?.[0]?.key as Secret)).toBe(environment.PORTICO_KEY);
    expect(guard).toBe('keys');
    expect(report).toMatchObject({ format: 'native', models: ['fast', 'smart'], deployments: 3, problems: [] });
  });

  it("may ask for a server that looks like LiteLLM's proxy", () => {
    const { config, compat } = readConfig(`compat: litellm\n${YAML}`, { environment });
    expect(compat).toEqual({ keyHeader: undefined });
    expect(config).toMatchObject({ compat: 'litellm', requestOverrides: true });
    const silent = readConfig(`compat: litellm\nrequestOverrides: false\n${YAML}`, { environment });
    expect(silent.config).toMatchObject({ compat: 'litellm', requestOverrides: false });
    const own = readConfig(YAML, { environment });
    expect(own.compat).toBeUndefined();
    expect(own.config).not.toHaveProperty('compat');
  });

  it('may be JSON', () => {
    const folder = mkdtempSync(join(tmpdir(), 'portico-config-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'portico.json');
    writeFileSync(file, '{ "$schema": "./schema.json", "models": { "fast": "openai/gpt-4o-mini" } }');
    expect(loadConfig(file, { environment }).config).toEqual({ models: { fast: 'openai/gpt-4o-mini' } });
  });

  it.each([
    ['models:\n  fast: opnai/gpt', ':2:9 models.fast: "opnai" is not a known provider (did you mean "openai"?).'],
    ['models:\n  fast: openai/gpt\nretrys: {}', ':3:1 retrys: unknown key (did you mean "retries"?)'],
    [
      'models:\n  fast:\n    deployments:\n      - { model: openai/gpt, wieght: 1 }',
      ':4:30 models.fast.deployments[0].wieght: unknown key (did you mean "weight"?)',
    ],
    [
      'models:\n  fast: { deployments: [openai/gpt], fallbacks: [slow] }',
      ':2:50 models.fast.fallbacks[0]: there is no model group "slow"',
    ],
    ['models: { fast: openai/gpt }\nauthenticate: me', ':2:1 authenticate: is code: pass it to createGateway'],
    [
      'models: { fast: { deployments: [{ model: openai/gpt, apiKey: env:OPENAI_API_KY }] } }',
      'no variable "OPENAI_API_KY" (did you mean "OPENAI_API_KEY"?)',
    ],
    ['models: { fast: openai/gpt }\nkeys: [{ key: short, principal: { id: a } }]', 'keys[0].key: has 5 characters'],
  ])('names line and path of what is wrong: %j', (text, message) => {
    expect(() => readConfig(text, { environment })).toThrow(message);
  });

  it('says when there is no such file', () => {
    expect(() => loadConfig('nowhere.yaml')).toThrow(ConfigFileError);
    expect(() => loadConfig('nowhere.yaml')).toThrow('nowhere.yaml:1:1: there is no such file.');
  });
});
