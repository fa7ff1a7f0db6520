import { listCases, readCase } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { answeringGateway } from './answering-gateway.js';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';

const HELLO = { messages: [{ role: 'user' as const, content: 'Hello' }] };

describe("recorded countings of tokens, read by Anthropic's own client", () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const lines = listCases(folder, ({ api }) => api === 'count-tokens');
  const gateway = answeringGateway(folder, lines);

  for (const line of lines) {
    it(line.id, async () => {
      const { request, response } = readCase(folder, line.id);
      const isOwn = line.provider === 'anthropic';
      const asked = isOwn ? (request.body as typeof HELLO) : HELLO;
      const counting = gateway.anthropic.messages.countTokens({ ...asked, model: line.id });
      if (line.status === 404) return await expect(counting).rejects.toMatchObject({ status: 404 });
      if (line.status >= 400) {
        // It counts no tokens of this model: then the gateway tells its estimate.
        expect((await counting).input_tokens).toBeGreaterThan(0);
        return expect(gateway.recordOf(line.id)).toMatchObject({
          outcome: 'ok',
          costNanoUsd: 0,
          attempts: [{ status: 400, failure: 'unavailable' }],
        });
      }
      const counted = JSON.parse(new TextDecoder().decode(response.bytes)) as Record<string, number>;
      expect(await counting).toEqual({
        input_tokens: counted.input_tokens ?? counted.inputTokens ?? counted.totalTokens,
      });
      expect(gateway.recordOf(line.id)).toMatchObject({ outcome: 'ok', costNanoUsd: 0, usage: { inputTokens: 0 } });
      if (line.provider === 'bedrock') expect(gateway.sentFor(line.id)?.path).toBe(request.path);
      if (isOwn) expect(gateway.sentFor(line.id)?.body).toEqual({ ...asked, model: line.model });
    });
  }
});
