import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put } from './portico-process.js';
import { portico } from './run-here.js';

const LITELLM = `model_list:
  - model_name: fast
    litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY, temperature: 0, input_cost_per_image: 1}
`;

describe('portico import', () => {
  it('prints what can be served, and says beside it what is left behind', async () => {
    const { code, output, errors } = await portico(['import', 'litellm', put(LITELLM)]);
    expect(code).toBe(0);
    expect(output).toContain('  fast:\n    - model: openai/gpt-4o\n      defaultParameters:\n        temperature: 0\n');
    expect(errors).toMatch(/config\.yaml:3 model_list\[0\]\.litellm_params\.input_cost_per_image was not converted: /);
  });

  it('writes a file that only its owner reads, and never over one that is there', async () => {
    const file = put(LITELLM);
    const target = `${file}.native.yaml`;
    expect((await portico(['import', 'litellm', file, '--out', target])).code).toBe(0);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    const written = readFileSync(target, 'utf8');
    const again = await portico(['import', 'litellm', file, '--out', target]);
    expect(again.code).toBe(1);
    expect(again.errors).toContain('exists already and was not changed');
    expect(readFileSync(target, 'utf8')).toBe(written);
    expect((await portico(['check', target], { OPENAI_API_KEY: 'k' })).code).toBe(0);
  });

  it('takes a configuration of Portkey', async () => {
    const file = put('{ "provider": "openai", "override_params": { "model": "gpt-4o" } }');
    const { output } = await portico(['import', 'portkey', file, '--alias', 'smart']);
    expect(output).toContain('models:\n  smart:\n    deployments:\n      - openai/gpt-4o\n');
  });

  it.each([
    [['import'], 2, 'Name the source format and the file'],
    [['import', 'helicone', 'x'], 2, 'Name the source format and the file'],
    [['import', 'litellm', 'nowhere.yaml'], 1, 'nowhere.yaml:1:1: there is no such file.'],
    [['improt'], 2, 'There is no command "improt": did you mean "import"?'],
  ])('says what it misses: %j', async (args, code, message) => {
    const said = await portico(args);
    expect(said.code).toBe(code);
    expect(said.errors).toContain(message);
  });
});
