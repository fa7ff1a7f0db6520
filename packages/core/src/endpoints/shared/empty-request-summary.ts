import type { RequestSummary } from '../../operation.js';

/** The request summary of a call that goes to no model. */
export function emptyRequestSummary(model: string): RequestSummary {
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
