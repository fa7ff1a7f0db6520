import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { rawRequest } from '../test/raw-request.js';
import { listCases, listDocumentedErrors, readCase } from './recorded-case.js';
import { type ReplayProviderOptions, startReplayProvider } from './replay-provider.js';

const shared = process.env.PORTICO_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const fixtures = join(shared, 'fixtures');
const absent = !existsSync(join(fixtures, 'index.jsonl')) && process.env.CI !== 'true';
const reason = absent ? ' (skipped: no recorded traffic here, set PORTICO_SHARED)' : '';

describe.skipIf(absent)(`a replay provider${reason}`, () => {
  const closers: (() => Promise<void>)[] = [];
  afterAll(() => Promise.all(closers.map((close) => close())));
  const start = async (options: Omit<ReplayProviderOptions, 'fixtures'> = {}) => {
    const provider = await startReplayProvider({ fixtures, ...options });
    closers.push(() => provider.close());
    return provider;
  };
  // Every 31st of some 1,570 cases: about 50, from all providers and dialects.
  const sample = absent ? [] : listCases(fixtures).filter((_, at) => at % 31 === 0);
  const withAccents = absent
    ? undefined
    : sample.find(({ id }) => hasSplitPlaces(readCase(fixtures, id).response.bytes));

  for (const chunking of ['whole', 'random', 'bytes'] as const) {
    it(`puts a sample of recorded answers together again, byte for byte, when cut: ${chunking}`, async () => {
      const provider = await start({ chunking });
      expect(sample.length).toBeGreaterThan(45);
      for (const { id } of sample) {
        const { response, stream } = readCase(fixtures, id);
        // Of long answers every byte by itself would take long and show nothing new.
        if (chunking === 'bytes' && response.bytes.length > 5000) continue;
        const answer = await rawRequest(`${provider.caseUrl(id)}/v1/chat/completions`, { stream }).answer;
        const { status, headers, bytes, pieces } = answer;
        expect({ id, status, type: headers['content-type'] }).toEqual({
          id,
          status: response.status,
          type: response.headers['content-type'],
        });
        expect(bytes.equals(response.bytes)).toBe(true);
        expect(provider.log.requests.at(-1)?.caseId).toBe(id);
        expect(pieces.some((piece) => piece.length > 1)).toBe(chunking !== 'bytes' && bytes.length > 1);
      }
    });
  }

  it('cuts inside characters or between CR and LF, in other places for another seed, in the same for the same', async () => {
    const id = withAccents?.id ?? '';
    const bytes = readCase(fixtures, id).response.bytes;
    const cutsWith = async (seed: number): Promise<number[]> => {
      const provider = await start({ seed });
      const { pieces } = await rawRequest(provider.origin, {}, { headers: { 'x-replay-case': id } }).answer;
      let at = 0;
      return pieces.slice(0, -1).map((piece) => {
        at += piece.length;
        return at;
      });
    };
    const cuts = await cutsWith(7);
    expect(await cutsWith(7)).toEqual(cuts);
    expect(await cutsWith(8)).not.toEqual(cuts);
    expect(cuts.some((at) => isSplitPlace(bytes, at))).toBe(true);
    expect(cuts.some((at, index) => at + 1 === cuts[index + 1])).toBe(true);
  });

  it('takes a case from the path, whatever a client puts after it', async () => {
    const provider = await start();
    const id = 'openai/chat-basic-stream--gpt-3-5-turbo-809e87';
    const encoded = `${provider.origin}/case/${encodeURIComponent(id)}`;
    for (const url of [
      provider.caseUrl(id),
      `${provider.caseUrl(id)}/v1beta/models/x:generateContent?alt=sse`,
      `${encoded}/a/b`,
    ]) {
      expect((await rawRequest(url, {}).answer).headers['x-request-id']).toBe('req_31e968a8f69d4c309002320be186d165');
    }
  });

  it('serves failures that were written after the documentation', async () => {
    const provider = await start();
    expect(listDocumentedErrors(fixtures)).toContain('documented-errors/azure/error-429-retry-after');
    const answer = await rawRequest(`${provider.caseUrl('documented-errors/azure/error-429-retry-after')}/x`, {})
      .answer;
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '7', 'retry-after-ms': '6400' } });
  });

  it('closes the connection at the byte it was told', async () => {
    const id = 'openai/chat-basic-stream--gpt-3-5-turbo-809e87';
    const { bytes } = readCase(fixtures, id).response;
    const cut = await start({ cutAtByte: 100 });
    const answer = await rawRequest(cut.caseUrl(id), {}).answer;
    expect(answer).toMatchObject({ status: 200, whole: false });
    expect(answer.bytes.equals(bytes.subarray(0, 100))).toBe(true);
    const uncut = await start({ cutAtByte: ({ response }) => response.bytes.length });
    expect((await rawRequest(uncut.caseUrl(id), {}).answer).whole).toBe(true);
  });

  it('logs what came in, so that it can be compared with what was recorded', async () => {
    const provider = await start();
    const [line] = listCases(fixtures, ({ api, stream }) => api === 'messages' && stream);
    const { id, request, expected } = readCase(fixtures, line?.id ?? '');
    await rawRequest(`${provider.caseUrl(id)}${request.path}`, request.body).answer;
    expect(provider.log.requests[0]?.body).toEqual(request.body);
    expect(expected?.text).toBeTypeOf('string');
  });

  it('says so where there is no such case, and looks nowhere but in its folder', async () => {
    const provider = await start();
    for (const id of ['openai/none', '../../package.json', 'cases']) {
      const answer = await rawRequest(provider.origin, {}, { headers: { 'x-replay-case': id } }).answer;
      expect(answer.status).toBe(404);
      expect(answer.text).toContain('No recorded case');
    }
  });
});

function hasSplitPlaces(bytes: Uint8Array): boolean {
  return bytes.some((_, at) => isSplitPlace(bytes, at));
}

function isSplitPlace(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at] ?? 0;
  return (byte & 0xc0) === 0x80 || (byte === 0x0a && bytes[at - 1] === 0x0d);
}
