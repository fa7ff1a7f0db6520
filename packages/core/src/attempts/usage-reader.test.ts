import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../encoding/json.js';
import type { Provider } from '../provider.js';
import { NO_USAGE } from '../usage/usage.js';
import { UsageReader } from './usage-reader.js';

const EVENTS = 'text/event-stream';

describe('what an answer that is handed on says it took', () => {
  it.each([
    ['a chat', { model: 'm', usage: { prompt_tokens: 3, completion_tokens: 2 } }, [3, 2]],
    ['a response', { model: 'm', usage: { input_tokens: 3, output_tokens: 2 } }, [3, 2]],
    [
      'a message',
      { type: 'message', model: 'm', usage: { input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 2 } },
      [3, 2],
    ],
  ])('is read of %s', (_what, answer, [input, output]) => {
    expect(reported('application/json', JSON.stringify(answer))).toMatchObject({
      model: 'm',
      usage: { inputTokens: input, outputTokens: output },
    });
  });

  it('is read of streams: the last word counts, and a message says it in two', () => {
    const chat =
      'data: {"model":"m","usage":null}\n\ndata: {"model":"m","usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n';
    expect(reported(EVENTS, chat)).toMatchObject({ model: 'm', usage: { inputTokens: 3, outputTokens: 2 } });
    const response =
      'event: response.completed\r\ndata: {"type":"response.completed","response":{"model":"m","usage":{"input_tokens":3,"output_tokens":2}}}\r\n\r\n';
    expect(reported(EVENTS, response)).toMatchObject({ model: 'm', usage: { inputTokens: 3, outputTokens: 2 } });
    const message =
      'data: {"type":"message_start","message":{"model":"m","type":"message","usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}}\n\n' +
      'data: {"type":"message_delta","usage":{"output_tokens":9}}\n\n';
    expect(reported(EVENTS, message)).toMatchObject({
      model: 'm',
      usage: { inputTokens: 3, cacheReadTokens: 4, outputTokens: 9 },
    });
  });

  it('is what the vendor reads in shapes of its own: of an answer, of events, and of a list of them', () => {
    const readReportedUsage = ({ usageMetadata }: JsonObject) =>
      isJsonObject(usageMetadata)
        ? { usage: { ...NO_USAGE, outputTokens: Number(usageMetadata.all) }, model: 'm' }
        : undefined;
    const [first, last] = ['{"usageMetadata":{"all":1}}', '{"usageMetadata":{"all":7}}'];
    for (const [type, text] of [
      ['application/json', last],
      ['application/json', `[${first},\n${last},\n{}]`],
      [EVENTS, `data: ${first}\n\ndata: ${last}\n\ndata: {}\n\n`],
    ] as const) {
      expect(reported(type, text, readReportedUsage)).toMatchObject({ model: 'm', usage: { outputTokens: 7 } });
    }
    expect(reported('application/json', last)).toBeUndefined();
  });

  it('is nothing where the answer is of no such shape, and never throws', () => {
    expect(reported('application/json', '[1]')).toBeUndefined();
    expect(reported('application/json', '{')).toBeUndefined();
    expect(reported('application/json', '{"usage":7}')).toBeUndefined();
    expect(reported('image/png', '\u0000"usage"')).toBeUndefined();
    expect(reported(EVENTS, 'data: {"usage"\n\ndata: "usage"\n\n')).toBeUndefined();
    expect(
      reported('application/json', `{"x":"${'y'.repeat(5_000_000)}","usage":{"prompt_tokens":3}}`),
    ).toBeUndefined();
  });
});

/** Seen byte by byte where it is short. */
function reported(type: string, text: string, readReportedUsage?: Provider['readReportedUsage']) {
  const reader = new UsageReader(type, readReportedUsage);
  const bytes = new TextEncoder().encode(text);
  const step = bytes.length > 10_000 ? 65_536 : 1;
  for (let at = 0; at < bytes.length; at += step) reader.observe(bytes.subarray(at, at + step));
  return reader.result();
}
