import type { Demand } from '../operation.js';

/** What a call demands of a model that is not asked. */
export function nothingDemanded(model: string): Demand {
  return {
    model,
    stream: false,
    wantsUsage: false,
    inputCharacters: 0,
    inputAttachments: 0,
    maxOutputTokens: 0,
    answers: 1,
  };
}
