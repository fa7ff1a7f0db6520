import type { RequestSummary } from '../operation.js';
import { NO_USAGE, type Usage } from '../usage/usage.js';

// The average of English text with the tokenizers of the large vendors. A charge should be the likely value, not a
// safe one, so this is not the lower figure that reservations use. Other scripts are weighed: `weighedLength`.
const CHARACTERS_PER_TOKEN = 4;

// A photo of about a megapixel: between 765 and 1,600 tokens, depending on the vendor.
const TOKENS_PER_ATTACHMENT = 1_000;

/**
 * The usage of a call for which the vendor reported none. `producedCharacters` is the output that arrived, in UTF-16
 * units.
 */
export function estimateUsage(summary: RequestSummary, producedCharacters: number): Usage {
  return {
    ...NO_USAGE,
    inputTokens:
      Math.ceil(summary.inputCharacters / CHARACTERS_PER_TOKEN) + summary.inputAttachments * TOKENS_PER_ATTACHMENT,
    outputTokens: Math.ceil(producedCharacters / CHARACTERS_PER_TOKEN),
    estimated: true,
  };
}
