import { listCases, readCase } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import type { Loose } from '../../test/read-stream.js';
import { absent, bodyOf, fixtures, framesOf, reason, survivesChanges } from '../../test/recorded.js';
import { gemini } from './index.js';

const codec = gemini.codecs['chat.completions'] as NonNullable<(typeof gemini.codecs)['chat.completions']>;

describe(`recorded answers of Google's with something in them changed${reason}`, { timeout: 120_000 }, () => {
  it.skipIf(absent)('end in an answer or in a clean failure, streamed or not', () => {
    const bodies = recordedFrames();
    expect(bodies.length).toBeGreaterThan(190);
    const answers = survivesChanges(codec, bodies);
    // Otherwise the changes were too small to matter, or too great for anything to be left.
    expect([...answers]).toEqual(expect.arrayContaining(['1 done', '0 done', 'an answer', 'upstream_error']));
  });
});

function recordedFrames(): Loose[][] {
  return listCases(fixtures, ({ api, status }) => api === 'generate' && status === 200).map(({ id }) => {
    const recorded = readCase(fixtures, id);
    const body = bodyOf(recorded);
    return /^\s*[[{]/.test(body) ? [JSON.parse(body)].flat() : framesOf(recorded);
  });
}
