import { describe, expect, it } from 'vitest';
import { collected, type Loose, readEvents, target } from '../../test/read-stream.js';
import { openAiCompatible } from '../openai-compatible.js';
import { codecsOfOtherApis, openAiCompatibleVendors } from '../openai-compatible-vendors.js';

function codecOf(name: string) {
  const vendor = [...openAiCompatibleVendors, ...Object.values(codecsOfOtherApis)].find((one) => one.name === name);
  const codec = vendor && openAiCompatible(vendor).codecs['chat.completions'];
  if (codec === undefined) throw new Error(`${name} has no chat`);
  return codec;
}

describe('answers that vendors spell otherwise', () => {
  it("xAI's reasoning is counted in what was written, where clients look (R-SP-1)", () => {
    const usage = {
      prompt_tokens: 12,
      completion_tokens: 2,
      total_tokens: 354,
      completion_tokens_details: { reasoning_tokens: 340 },
    };
    const choices = [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }];
    const answer: Loose = codecOf('xai').decode?.({ choices, usage: { ...usage } }, target());
    expect(answer.usage.completion_tokens).toBe(342);
    const newer = { ...usage, completion_tokens: 342 };
    const same: Loose = codecOf('xai').decode?.({ choices, usage: { ...newer } }, target());
    expect(same.usage).toEqual(newer);
  });

  it("Snowflake's fields of nothing are left out, and an answer says why it ended (documented)", () => {
    const call = {
      id: 'a',
      type: 'function',
      function: { name: 'f', arguments: '{}' },
      custom: { name: '', input: '' },
    };
    const message = { content: '', function_call: { name: '', arguments: '' }, audio: { id: '' }, tool_calls: [call] };
    const answer: Loose = codecOf('snowflake').decode?.({ choices: [{ finish_reason: '', message }] }, target());
    const { custom: _, ...told } = call;
    expect(answer.choices).toEqual([{ finish_reason: 'tool_calls', message: { content: '', tool_calls: [told] } }]);
  });

  it("Perplexity's pages are annotations too, and a stream tells them once (documented)", () => {
    const pages = { citations: ['https://a.example'], search_results: [{ url: 'https://a.example', title: 'A' }] };
    const message = { role: 'assistant', content: 'So it is [1].' };
    const whole: Loose = codecOf('perplexity').decode?.(
      { ...pages, choices: [{ message, finish_reason: 'stop' }] },
      target(),
    );
    const citation = (start: number, end: number) => ({
      type: 'url_citation',
      url_citation: { start_index: start, end_index: end, url: 'https://a.example', title: 'A' },
    });
    expect(whole.choices[0].message.annotations).toEqual([citation(9, 12)]);
    const read = readEvents(
      codecOf('perplexity'),
      ['So ', 'it is [1].', ''].map((content, index) => ({
        ...pages,
        choices: [{ index: 0, delta: { content }, finish_reason: index === 2 ? 'stop' : null }],
      })),
    );
    expect(read.chunks.map(({ citations }) => citations)).toEqual([pages.citations, undefined, undefined]);
    expect(collected(read.chunks).message).toMatchObject({ content: 'So it is [1].', annotations: [citation(0, 0)] });
  });

  it('signed thoughts of Claude on Databricks go back as they came (documented, R-XL-1)', () => {
    const content = [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.', signature: 'sig' }] },
      { type: 'text', text: 'Yes.' },
    ];
    const answer: Loose = codecOf('databricks').decode?.(
      { choices: [{ message: { role: 'assistant', content: structuredClone(content) }, finish_reason: 'stop' }] },
      target(),
    );
    const { message } = answer.choices[0];
    expect([message.content, message.reasoning_content]).toEqual(['Yes.', 'Hm.']);
    const sent: Loose = codecOf('databricks').encode({ messages: [message] }, target());
    expect(sent.messages).toEqual([{ role: 'assistant', content }]);
  });

  it('thoughts of DeepSeek go back with the calls they led to, and nowhere else (documented)', () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
    const sent = (message: object, model = 'deepseek-v4'): Loose =>
      codecOf('deepseek').encode({ messages: [{ role: 'assistant', ...message }] }, target({ model })).messages;
    expect(sent({ content: 'Yes.', reasoning_content: 'Hm.' })).toEqual([{ role: 'assistant', content: 'Yes.' }]);
    expect(sent({ tool_calls: [call], reasoning_content: 'Hm.' })[0].reasoning_content).toBe('Hm.');
    expect(sent({ tool_calls: [call] })[0].reasoning_content).toBe('');
    expect(sent({ tool_calls: [call] }, 'deepseek-chat')[0].reasoning_content).toBeUndefined();
  });
});
