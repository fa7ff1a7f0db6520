import type { Demand } from '../operation.js';

// English runs at four characters a token, code at three, so three errs on the safe side for both. Chinese, Japanese and
// Korean run below two and are estimated too low; then the settled amount is above the reserved one.
const CHARACTERS_PER_TOKEN = 3;

// A large image costs 1,500 to 2,500 tokens at the big vendors; long audio and documents cost more.
const TOKENS_PER_ATTACHMENT = 2_000;

// Roles and separators around the messages, which vendors count and nobody wrote.
const TOKENS_AROUND = 10;

/** The input tokens to reserve for a call: rather too many than too few, since what is too many comes back when it settles. */
export function estimateInputTokens(demand: Demand): number {
  return (
    Math.ceil(demand.inputCharacters / CHARACTERS_PER_TOKEN) +
    demand.inputAttachments * TOKENS_PER_ATTACHMENT +
    TOKENS_AROUND
  );
}
