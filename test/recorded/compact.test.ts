import { listCases, readCase } from '@portico/testing';
import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { answeringGateway } from './answering-gateway.js';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';

describe('recorded compactions of conversations', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const lines = listCases(folder, ({ api }) => api === 'responses-compact');
  const gateway = answeringGateway(folder, lines);

  it.each(lines.map((line) => [line.id, line] as const))('%s', async (id, line) => {
    const { request, response } = readCase(folder, id);
    // Answers that the recording's own client had kept are nobody's here: what is told of them is tested beside it.
    const { previous_response_id: _kept, ...asked } = request.body as Record<string, unknown>;
    const body = { input: 'Hello', ...asked, model: id } as unknown as OpenAI.Responses.ResponseCompactParams;
    const compacted = await gateway.openai.responses.compact(body);
    expect(compacted).toMatchObject(JSON.parse(new TextDecoder().decode(response.bytes)) as object);
    expect(gateway.sentFor(id)).toEqual({ path: '/v1/responses/compact', body: { ...body, model: line.model } });
    expect(gateway.recordOf(id)).toMatchObject({ outcome: 'ok', usage: { estimated: false } });
  });
});
