import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { target } from '../../test/read-stream.js';
import { chatCompletions } from './chat-completions.js';

const budget = (tokens: number) => ({ thinking: { type: 'enabled', budget_tokens: tokens } });
const adaptive = (effort: string) => ({ thinking: { type: 'adaptive' }, output_config: { effort } });

describe('how much the model shall think', () => {
  it.each([
    ['claude-sonnet-4-5', 'minimal', budget(1024)],
    ['claude-sonnet-4-5', 'low', budget(1024)],
    ['claude-sonnet-4-5', 'medium', budget(2048)],
    ['claude-sonnet-4-5', 'high', budget(4096)],
    ['claude-sonnet-4-5', 'xhigh', budget(8192)],
    ['claude-3-7-sonnet-latest', 'max', budget(16_384)],
    ['claude-sonnet-4-5', 'none', {}],
    ['claude-opus-4-6', 'minimal', adaptive('low')],
    ['claude-opus-4-6', 'medium', adaptive('medium')],
    ['claude-opus-4-6', 'xhigh', adaptive('high')],
    ['claude-opus-4-6', 'max', adaptive('max')],
    ['claude-sonnet-4-6', 'max', adaptive('high')],
    ['claude-opus-5', 'xhigh', adaptive('xhigh')],
    ['claude-opus-5', 'none', { thinking: { type: 'disabled' } }],
    ['claude-fable-5', 'none', { output_config: { effort: 'low' } }],
    ['claude-3-5-haiku-latest', 'none', {}],
  ])('%s thinks by %s', (model, reasoning_effort, expected) => {
    expect(encode({ reasoning_effort }, model)).toMatchObject(expected);
    expect(Object.keys(expected).includes('thinking')).toBe('thinking' in encode({ reasoning_effort }, model));
  });

  it('is refused or left out where the model cannot, and where nobody knows such an effort', () => {
    expect(() => encode({ reasoning_effort: 'low' }, 'claude-3-5-haiku-latest')).toThrow(
      expect.objectContaining({ param: 'reasoning_effort', code: 'unsupported_parameter' }),
    );
    expect(() => encode({ reasoning_effort: 'toString' })).toThrow(
      expect.objectContaining({ kind: 'invalid_input', param: 'reasoning_effort' }),
    );
    expect(() => encode({ thinking: true })).toThrow(
      expect.objectContaining({ kind: 'invalid_input', param: 'thinking' }),
    );
  });

  it('stays within the bound of the client, which holds for thinking and answer together', () => {
    expect(encode({ reasoning_effort: 'high', max_tokens: 4000 })).toMatchObject({ max_tokens: 4000, ...budget(2000) });
    expect(encode({ reasoning_effort: 'high', max_tokens: 1500 })).toMatchObject({ max_tokens: 1500, ...budget(1024) });
    const { thinking, warnings } = encode({ reasoning_effort: 'high', max_tokens: 1024 });
    expect([thinking, warnings.length]).toEqual([undefined, 1]);
  });

  it("may be said in this wire's own words", () => {
    const own = { type: 'enabled', budget_tokens: 5000 };
    expect(encode({ thinking: own }).thinking).toEqual(own);
    expect(encode({ thinking: { type: 'enabled', budget_tokens: 90_000 } }).max_tokens).toBe(94_096);
    expect(
      encode({ thinking: { type: 'adaptive', display: 'summarized' }, reasoning_effort: 'high' }, 'claude-opus-5'),
    ).toMatchObject({
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'high' },
    });
  });

  it('is told in the form that the model takes', () => {
    const forced = encode({ thinking: { type: 'enabled', budget_tokens: 5000 } }, 'claude-opus-4-8');
    expect([forced.thinking, forced.warnings.length]).toEqual([{ type: 'adaptive' }, 1]);
    const older = encode({ thinking: { type: 'adaptive' } }, 'claude-sonnet-4-5');
    expect([older.thinking, older.warnings.length]).toEqual([{ type: 'enabled', budget_tokens: 4096 }, 1]);
    const always = encode({ thinking: { type: 'disabled' } }, 'claude-fable-5');
    expect([always.thinking, always.warnings.length]).toEqual([undefined, 1]);
    expect(() => encode({ thinking: { type: 'enabled', budget_tokens: 5000 } }, 'claude-3-haiku-20240307')).toThrow(
      expect.objectContaining({ param: 'thinking' }),
    );
  });

  it('is nothing where a call is demanded, which goes with thinking by its own measure only', () => {
    const request = { tools: [fn], tool_choice: 'required', reasoning_effort: 'low' };
    const { thinking, tool_choice, warnings } = encode(request);
    expect([thinking, tool_choice, warnings.length]).toEqual([undefined, { type: 'any' }, 1]);
    expect(encode(request, 'claude-opus-4-6')).toMatchObject({
      thinking: { type: 'adaptive' },
      tool_choice: { type: 'any' },
    });
  });

  it('is nothing where the thinking behind a call was lost, which would be refused (R-XL-1)', () => {
    const messages = (fields: object) => [
      { role: 'user', content: 'Go' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
        ...fields,
      },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ];
    const lost = encode({ messages: messages({}), tools: [fn], reasoning_effort: 'low' });
    expect([lost.thinking, lost.warnings.length]).toEqual([undefined, 1]);
    const thinking_blocks = [{ type: 'thinking', thinking: '', signature: 'c2ln' }];
    for (const blocks of [thinking_blocks, [{ type: 'redacted_thinking', data: 'ZA==' }]]) {
      const kept = encode({ messages: messages({ thinking_blocks: blocks }), tools: [fn], reasoning_effort: 'low' });
      expect(kept).toMatchObject(budget(1024));
    }
    expect(encode({ messages: messages({}), tools: [fn], reasoning_effort: 'low' }, 'claude-opus-4-6')).toMatchObject(
      adaptive('low'),
    );
  });

  it('keeps the model from going on from words put into its mouth', () => {
    const messages = [
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: 'Well' },
    ];
    expect(() => encode({ messages, reasoning_effort: 'low' })).toThrow(expect.objectContaining({ param: 'messages' }));
  });
});

const fn = { type: 'function', function: { name: 'f' } };

function encode(request: JsonObject, model = 'claude-sonnet-4-5') {
  const to = target({ model });
  const body = chatCompletions.encode({ messages: [{ role: 'user', content: 'Hi' }], ...request }, to);
  return { ...body, warnings: to.warnings } as JsonObject & { warnings: string[] };
}
