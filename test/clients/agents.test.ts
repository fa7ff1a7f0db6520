import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeProviderOptions, Question } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AGENTS, type AgentName, programOf, runAgent } from './run-agent.js';
import { SPOKEN, type Spoken, startGateway } from './start-gateway.js';

// The agents themselves, unchanged, in front of a model whose every word the test decides. They start in a second or
// two; on a machine that is busy with something else it may take many.
const PATIENCE_MS = 180_000;
const WORD = 'Lorem-ipsum-4711';
const PROMPT = 'Copy the letter.';
const TAKE_NOTE = { name: 'mcp__notes__take_note', arguments: { text: WORD } };

describe.each(Object.keys(AGENTS) as AgentName[])('%s', (name) => {
  // Their packages bring programs for some machines only; where every check must run, their absence is a failure.
  if (programOf(name) === undefined && process.env.CI !== 'true') {
    return it.skip(`is skipped: its package has no program for ${process.platform} ${process.arch}`, () => {});
  }
  const agent = AGENTS[name];

  it.each(SPOKEN)(
    'reads a file, writes another and says so, with a model that speaks %s',
    { timeout: PATIENCE_MS },
    async (spoken) => {
      let folder = '';
      const { run, provider, records } = await start(name, spoken, {
        reply({ tools, toolResults: [result] }) {
          // Titles and the like, which agents ask for beside the work.
          if (tools.length === 0) return 'A letter';
          if (result === undefined) return { calls: [agent.read(join(folder, 'letter.txt'))] };
          if (result.includes(WORD)) return { calls: [agent.write(join(folder, 'copy.txt'), WORD)] };
          return 'The letter is copied.';
        },
      });
      const running = run(PROMPT);
      folder = running.folder;
      writeFileSync(join(folder, 'letter.txt'), WORD);

      const { code, stdout, output } = await running.ended;

      expect(stdout, output).toContain('The letter is copied.');
      expect(code).toBe(0);
      expect(readFileSync(join(folder, 'copy.txt'), 'utf8').trim()).toBe(WORD);
      const path = spoken === 'anthropic' ? '/v1/messages' : '/v1/chat/completions';
      expect(new Set(provider.log.requests.map((request) => request.path))).toEqual(new Set([path]));
      expect(provider.log.requests.length).toBeGreaterThanOrEqual(3);
      const { operation } = agent;
      for (const record of await records()) expect(record).toMatchObject({ operation, outcome: 'ok' });
    },
  );

  it('shows its user what the gateway says of a failure', { timeout: PATIENCE_MS }, async () => {
    const { run } = await start(name, 'chat', {}, { model: 'fault-f08' });
    const { output } = await run(PROMPT).ended;
    expect(output).toMatch(/context|too long/i);
  });

  it('takes the request to the vendor with it when it is stopped (R-STR-7)', { timeout: PATIENCE_MS }, async () => {
    const { run, provider } = await start(name, 'chat', { reply: () => 'word '.repeat(100_000), tokenDelayMs: 5 });
    const running = run(PROMPT);
    await provider.log.waitForRequest(() => true);
    await running.stop();
    // Each rejects if its answer ends in any other way.
    for (const request of provider.log.requests) await provider.log.waitForAbort(request);
  });
});

describe.runIf(programOf('OpenAI Codex') !== undefined || process.env.CI === 'true')(
  'OpenAI Codex, of its own kind',
  () => {
    it.each(SPOKEN)(
      'finds the tools of a tool server, which it offers in a namespace, with a model that speaks %s',
      { timeout: PATIENCE_MS },
      async (spoken) => {
        const { run, records } = await start('OpenAI Codex', spoken, {
          reply: ({ toolResults: [result = ''] }) =>
            result === '' ? { calls: [TAKE_NOTE] } : `The server said: ${result}`,
        });
        const { stdout, output } = await run('Take a note.').ended;
        expect(stdout, output).toContain(`Noted: ${WORD}`);
        for (const record of await records()) expect(record).toMatchObject({ operation: 'responses', outcome: 'ok' });
      },
    );

    // To models of names it knows it offers more of its tools, and hides others until it is asked to search for them.
    it.each(SPOKEN)(
      'searches for tools and applies patches where the group is called like a model it knows and speaks %s',
      { timeout: PATIENCE_MS },
      async (spoken) => {
        const patch = `*** Begin Patch\n*** Add File: note.txt\n+${WORD}\n*** End Patch\n`;
        const reply = ({ toolResults: [result = ''] }: Question) => {
          if (result === '') return { calls: [{ name: 'tool_search', arguments: { query: 'take note' } }] };
          if (result.includes(TAKE_NOTE.name)) return { calls: [TAKE_NOTE] };
          if (result.includes('Noted:')) return { calls: [{ name: 'apply_patch', arguments: { input: patch } }] };
          return `The patch said: ${result}`;
        };
        const { run } = await start('OpenAI Codex', spoken, { reply }, { group: 'gpt-5.5' });
        const { folder, ended } = run('Take a note.');
        const { stdout, output } = await ended;
        expect(stdout, output).toContain('The patch said:');
        expect(readFileSync(join(folder, 'note.txt'), 'utf8').trim()).toBe(WORD);
      },
    );
  },
);

/** The agent in front of a gateway, and what came of it. */
async function start(
  name: AgentName,
  spoken: Spoken,
  options: FakeProviderOptions,
  places?: { group?: string; model?: string },
) {
  const { origin, provider, records } = await startGateway(spoken, options, places);
  const run = (prompt: string) => {
    const running = runAgent(name, { origin, model: places?.group ?? 'chat', prompt });
    onTestFinished(() => running.stop());
    return running;
  };
  return { run, provider, records };
}
