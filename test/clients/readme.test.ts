import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clientTable, PROVEN, versionOf } from './proven-clients.js';
import { AGENTS } from './run-agent.js';

const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');

describe('the README of the clients', () => {
  it('lists those that are run, in the versions that are run, with the tests that run them', () => {
    expect(/<!-- clients:start -->\n\n([\s\S]*)\n\n<!-- clients:end -->/.exec(readme)?.[1]).toBe(clientTable());
    for (const client of PROVEN) {
      expect(versionOf(client), client.package).toBeDefined();
      for (const file of client.tests) expect(existsSync(join(import.meta.dirname, file)), file).toBe(true);
    }
  });

  it('sets agents up as the tests do', () => {
    const place = { origin: 'https://your-app.example/llm', model: 'chat', prompt: '' };
    const claude = AGENTS['Claude Code'].setUp(place).environment ?? {};
    const exported = [...snippet('sh').matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value]) => [name, value]);
    expect(exported).toHaveLength(3);
    expect({ ...claude, ANTHROPIC_AUTH_TOKEN: 'your-key' }).toMatchObject(Object.fromEntries(exported));

    const codex = AGENTS['OpenAI Codex'].setUp(place).files?.['.codex/config.toml']?.split('\n');
    expect(codex).toEqual(expect.arrayContaining(snippet('toml').split('\n')));

    const opencode = AGENTS['opencode with @ai-sdk/openai-compatible'].setUp(place).files ?? {};
    const told = JSON.parse(snippet('json').replace('your-key', 'unused')) as object;
    expect(JSON.parse(opencode['.config/opencode/opencode.json'] ?? '')).toMatchObject(told);
  });

  function snippet(language: string): string {
    return readme.split(`\`\`\`${language}\n`)[1]?.split('\n```')[0] ?? '';
  }
});
