import { isJsonObject } from '@portico/core';
import { estimateTokenCount } from 'tokenx';

export interface TokenCount {
  readonly tokens: number;
  /** False for an estimate, which is within a tenth for English and a third for other scripts. */
  readonly exact: boolean;
}

/**
 * The tokenizer's time grows with the square of its input; in pieces of this many characters the count is the same,
 * and fast.
 */
const PIECE = 2_048;

/** What OpenAI adds around each message, and before the answer. */
const AROUND_MESSAGE = 3;

/** Models whose encoding is known: OpenAI's since gpt-4o. */
const KNOWN = /^(?:openai\/)?(?:gpt-4o|gpt-4\.1|gpt-4\.5|gpt-5|o\d|chatgpt-4o)/;

/**
 * Tokens of a text or of messages, before they are sent. Counted if `gpt-tokenizer` is installed and the model is one
 * of OpenAI's, else estimated; the actual usage is in the answer.
 */
export async function countTokens(input: string | readonly object[], model = ''): Promise<TokenCount> {
  const encode = KNOWN.test(model) ? await tokenizer() : undefined;
  const count = encode === undefined ? estimateTokenCount : (text: string) => countInPieces(text, encode);
  const exact = encode !== undefined;
  if (typeof input === 'string') return { tokens: count(input), exact };
  const tokens = input.reduce((sum: number, message) => {
    return sum + AROUND_MESSAGE + textsOf(message).reduce((inside, text) => inside + count(text), 0);
  }, AROUND_MESSAGE);
  return { tokens, exact };
}

type Encode = (text: string) => number;

async function tokenizer(): Promise<Encode | undefined> {
  try {
    const { countTokens: encode } = await import('gpt-tokenizer/encoding/o200k_base');
    // Special tokens are ordinary text here.
    return (text) => encode(text, { disallowedSpecial: new Set() });
  } catch {
    return undefined;
  }
}

function countInPieces(text: string, encode: Encode): number {
  let tokens = 0;
  for (let at = 0; at < text.length; at += PIECE) tokens += encode(text.slice(at, at + PIECE));
  return tokens;
}

/** Role, name and text; images and audio are not counted. */
function textsOf(message: object): readonly string[] {
  return Object.values(message).flatMap((value: unknown) => {
    if (typeof value === 'string') return [value];
    if (!Array.isArray(value)) return [];
    return value.flatMap((part: unknown) => {
      if (!isJsonObject(part)) return [];
      return typeof part.text === 'string'
        ? [part.text]
        : part.function === undefined
          ? []
          : [JSON.stringify(part.function)];
    });
  });
}
