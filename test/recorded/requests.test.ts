import { type CaseLine, listCases, type ReplayProvider, readCase, startReplayProvider } from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';
import { readAnswer } from './read-answer.js';
import { readResponse } from './read-response.js';
import { prefixOf, type RecordedGateway, startRecordedGateway } from './recorded-gateway.js';

/**
 * What a client sends reaches an upstream of the same wire as it was, but for the model's name and the wish for usage
 * (R-XL-4). OpenAI and Azure are asked as themselves, and so is everybody who speaks Responses; what else the model family
 * demands is in RENAMED. Everybody else is asked as a vendor without rules: their rules are tested beside their table.
 */
describe('recorded requests, on their way out', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const lines = listCases(
    folder,
    (line) => ['chat', 'responses'].includes(line.api) && line.status === 200 && !line.response_only,
  );
  let replay: ReplayProvider;
  let gateway: RecordedGateway;

  const untouched = (line: CaseLine) =>
    line.api === 'responses' || ['openai', 'azure'].includes(line.provider) ? prefixOf(line) : 'custom_openai';

  beforeAll(async () => {
    replay = await startReplayProvider({ fixtures: folder, chunking: 'whole' });
    gateway = await startRecordedGateway(lines, replay, untouched);
  });
  afterAll(async () => {
    await gateway.close();
    await replay.close();
  });

  for (const line of lines) {
    it(`${line.id}`, async () => {
      const request = readCase(folder, line.id).request.body as Record<string, unknown>;
      const read = line.api === 'responses' ? readResponse : readAnswer;
      await read(gateway.openai, { ...request, model: line.id }, line.stream).catch(() => {});
      const seen = replay.log.requests.findLast((logged) => logged.caseId === line.id)?.body as Record<string, unknown>;
      expect(seen.model).toBe(line.model || 'unnamed');
      expect(withoutPolicy(seen)).toEqual(
        withoutPolicy({ ...withoutMarks(line.provider, request), stream: line.stream }),
      );
    });
  }
});

/** Reasoning families refuse the older name; it is renamed, with the same value. */
const RENAMED = ['max_tokens', 'max_completion_tokens'] as const;

function withoutPolicy(body: Record<string, unknown>): Record<string, unknown> {
  const { model: _model, stream_options: _options, stream, ...rest } = body;
  const [older, newer] = RENAMED;
  const bound = rest[newer] ?? rest[older];
  delete rest[older];
  delete rest[newer];
  // An empty list of tools is refused by most vendors, and means the same as none.
  if (Array.isArray(rest.tools) && rest.tools.length === 0) delete rest.tools;
  return { ...rest, ...(bound === undefined ? {} : { bound }), ...(stream ? { stream } : {}) };
}

/** OpenAI caches by itself: marks of Anthropic's API do not go there, although some places of a request take them. */
function withoutMarks(provider: string, request: Record<string, unknown>): Record<string, unknown> {
  if (provider !== 'openai') return request;
  const text = JSON.stringify(request, (key, value: unknown) => (key === 'cache_control' ? undefined : value));
  return JSON.parse(text) as Record<string, unknown>;
}
