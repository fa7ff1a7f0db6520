import type { SseEvent } from '../wires/sse.js';
import { isObject } from './json-object.js';

/** The provider's transcript of a file: its name and its size, so that a test sees that every byte arrived. */
export function transcribe(body: Record<string, unknown>): { readonly text: string; readonly usage: object } {
  const file = isObject(body.file) ? body.file : {};
  const text = `A recording called ${String(file.fileName)} of ${String(file.bytes)} bytes.`;
  const usage = {
    type: 'tokens',
    input_tokens: 14,
    input_token_details: { text_tokens: 4, audio_tokens: 10 },
    output_tokens: 9,
    total_tokens: 23,
  };
  return { text, usage };
}

/** The same word by word. */
export function transcriptEvents(body: Record<string, unknown>): SseEvent[] {
  const { text, usage } = transcribe(body);
  const words = text.match(/\S+\s*/g) ?? [];
  return [
    ...words.map((delta) => ({ data: { type: 'transcript.text.delta', delta } })),
    { data: { type: 'transcript.text.done', text, usage } },
  ];
}

/** The formats in which a transcript is text instead of JSON. */
export const TEXT_FORMATS: readonly unknown[] = ['text', 'srt', 'vtt'];
