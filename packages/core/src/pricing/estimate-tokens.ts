import type { RequestSummary } from '../operation.js';

// English has about four characters per token, code about three, so three is a safe estimate for both. Other
// scripts count more characters than they have: `weighedLength`.
const CHARACTERS_PER_TOKEN = 3;

// A large image costs 1,500 to 2,500 tokens at the large vendors; long audio and documents cost more.
const TOKENS_PER_ATTACHMENT = 2_000;

// Roles and separators around the messages, which vendors count.
const TOKENS_AROUND = 10;

/**
 * The input tokens to reserve for a call: rather too many than too few, because the surplus is returned at
 * settlement.
 */
export function estimateInputTokens(summary: RequestSummary): number {
  return (
    Math.ceil(summary.inputCharacters / CHARACTERS_PER_TOKEN) +
    summary.inputAttachments * TOKENS_PER_ATTACHMENT +
    TOKENS_AROUND
  );
}
