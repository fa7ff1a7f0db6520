import { type ReplayProvider, readCase, startReplayProvider } from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { fixtures, WITHOUT_FIXTURES } from '../recorded/fixtures.js';
import { ADA } from '../support/gateway-on.js';
import { MOUNTS, type MountName } from '../support/mounts.js';

const CASE = 'openai/speech--tts-1-59bcc0';

describe('sound that a vendor once sent', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  let replay: ReplayProvider;
  beforeAll(async () => {
    replay = await startReplayProvider({ fixtures: folder });
  });
  afterAll(() => replay.close());

  it.each(Object.keys(MOUNTS) as MountName[])('comes through %s byte for byte, with its type', async (mount) => {
    const mounted = await MOUNTS[mount]({
      anonymous: ADA,
      models: {
        voice: [
          {
            model: 'openai/tts-1',
            baseUrl: `${replay.caseUrl(CASE)}/v1`,
            apiKey: 'sk',
            price: { input: 15, output: 0 },
          },
        ],
      },
    });
    onTestFinished(() => mounted.close());
    const answer = await mounted.openai().audio.speech.create({ model: 'voice', voice: 'alloy', input: 'hello' });
    expect(answer.headers.get('content-type')).toMatch(/^audio\//);
    const sound = Buffer.from(await answer.arrayBuffer());
    expect(sound.equals(Buffer.from(readCase(folder, CASE).response.bytes))).toBe(true);
    await expect(
      mounted.openai().audio.speech.create({ model: 'voice', voice: 'alloy', input: 7 as never }),
    ).rejects.toMatchObject({ status: 400, param: 'input' });
  });
});
