import type { Demand } from '../operation.js';
import { NO_USAGE, type Usage } from '../usage.js';

// The average of English text with the tokenizers of the big vendors. What is charged should be likely, not safe, so this
// is not the lower figure that reservations use; Chinese, Japanese and Korean cost about twice what it says.
const CHARACTERS_PER_TOKEN = 4;

// A photo of about a megapixel: between 765 and 1,600 tokens, depending on the vendor.
const TOKENS_PER_ATTACHMENT = 1_000;

/** What a call consumed, where the vendor did not say; `producedCharacters` is the output that arrived, in UTF-16 units. */
export function estimateUsage(demand: Demand, producedCharacters: number): Usage {
  return {
    ...NO_USAGE,
    inputTokens:
      Math.ceil(demand.inputCharacters / CHARACTERS_PER_TOKEN) + demand.inputAttachments * TOKENS_PER_ATTACHMENT,
    outputTokens: Math.ceil(producedCharacters / CHARACTERS_PER_TOKEN),
    estimated: true,
  };
}
