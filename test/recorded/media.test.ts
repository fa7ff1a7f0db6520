import {
  type CaseLine,
  listCases,
  type RecordedCase,
  type ReplayProvider,
  readCase,
  startReplayProvider,
} from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';
import { prefixOf, type RecordedGateway, startRecordedGateway } from './recorded-gateway.js';

/** Where clients ask for each of them. */
const PATHS: Readonly<Record<string, string>> = {
  images: '/images/generations',
  moderations: '/moderations',
  rerank: '/rerank',
  speech: '/audio/speech',
  transcription: '/audio/transcriptions',
};

/** Recorded cases that the gateway rightly answers otherwise, each with its reason. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'bedrock/rerank--nomodel-620d53': 'Bedrock has its own shape for rerank, which the gateway does not speak',
  'mistral/speech--voxtral-mini-tts-latest-986889': 'Mistral sends sound as JSON; the gateway offers no speech of it',
};

describe('recorded images, sound, moderations and rerankings', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const lines = listCases(folder, (line) => line.api in PATHS);
  let replay: ReplayProvider;
  let gateway: RecordedGateway;
  beforeAll(async () => {
    replay = await startReplayProvider({ fixtures: folder, chunking: 'random', seed: 7 });
    gateway = await startRecordedGateway(lines, replay, prefixOf);
  });
  afterAll(async () => {
    await gateway.close();
    await replay.close();
  });

  for (const line of lines) {
    const reason = DIFFERENCES[line.id];
    if (reason !== undefined) it.skip(`${line.id}: ${reason}`, () => {});
    else it(line.id, () => check(line, readCase(folder, line.id)));
  }

  async function check(line: CaseLine, recorded: RecordedCase): Promise<void> {
    const answer = await fetch(`${gateway.openai.baseURL}${PATHS[line.api]}`, {
      method: 'POST',
      ...askOf(line, recorded),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (line.status >= 400) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(JSON.parse(bytes.toString())).toMatchObject({ error: { message: expect.any(String) } });
      return;
    }
    expect(answer.status).toBe(200);
    const sent = Buffer.from(recorded.response.bytes);
    if (line.api === 'rerank') {
      const { results, data } = JSON.parse(sent.toString()) as { results?: unknown; data?: unknown };
      expect(JSON.parse(bytes.toString())).toMatchObject({ results: results ?? data });
    } else if (line.stream) expect(bytes.toString()).toContain('transcript.text.done');
    else expect(bytes.equals(sent)).toBe(true);
    if (line.api === 'speech') expect(answer.headers.get('content-type')).toMatch(/^audio\//);
    expect(gateway.recordOf(line.id)?.outcome).toBe('ok');
  }
});

/** The recorded question, where there is one in JSON, asked of the case's own group. */
function askOf(line: CaseLine, recorded: RecordedCase): { body: FormData | string; headers: HeadersInit } {
  if (line.api !== 'transcription') {
    const known = { input: 'x', prompt: 'x', query: 'x', documents: ['x'] };
    const body = JSON.stringify({ ...known, ...(recorded.request.body as object | undefined), model: line.id });
    return { body, headers: { 'content-type': 'application/json' } };
  }
  const form = new FormData();
  form.set('model', line.id);
  form.set('file', new File([new Uint8Array(100)], 'sound.wav'));
  if (line.stream) form.set('stream', 'true');
  return { body: form, headers: {} };
}
