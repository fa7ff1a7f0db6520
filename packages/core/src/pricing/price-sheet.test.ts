import { readFileSync } from 'node:fs';
import { fakeClock } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../deployment.js';
import type { PriceSheet } from '../usage/price.js';
import { CATALOGUE_VERSION, createPriceCatalog, sheetFromConfig } from './price-sheet.js';

describe('sheetFromConfig', () => {
  it('turns dollars into integers of nano-dollars', () => {
    expect(sheetFromConfig({ input: 0.0375, output: 0.1 + 0.2, perRequest: 0.005 })).toMatchObject({
      input: 37_500_000,
      output: 300_000_000,
      perRequest: 5_000_000,
    });
  });

  it('prices what the configuration leaves out like what it is a part of', () => {
    expect(sheetFromConfig({ input: 1, output: 2 })).toMatchObject({
      cacheRead: 1e9,
      cacheWrite: 1e9,
      cacheWriteHour: 1e9,
      reasoning: 2e9,
      audioInput: 1e9,
      audioOutput: 2e9,
      perRequest: 0,
      tiers: [],
    });
    expect(sheetFromConfig({ input: 1, output: 2, cacheWrite: 1.25 })).toMatchObject({ cacheWriteHour: 1.25e9 });
  });

  it('is a new edition whenever a price changes (R-BUD-6)', () => {
    const { version } = sheetFromConfig({ input: 1, output: 2 });
    expect(version).toMatch(/^config#[0-9a-f]{8}$/);
    expect(sheetFromConfig({ input: 1, output: 2, cacheRead: 1 }).version).toBe(version);
    expect(sheetFromConfig({ input: 1, output: 2.1 }).version).not.toBe(version);
  });
});

describe('createPriceCatalog', () => {
  it('prefers the price of the configuration, whether or not there is a catalogue', async () => {
    const price = sheetFromConfig({ input: 1, output: 2 });
    const deployment = deploymentOf('openai', 'gpt-4o-mini', price);
    const book = createPriceCatalog(fakeClock());
    expect(book.sheetOf(deployment)).toBe(price);
    await book.load();
    expect(book.sheetOf(deployment)).toBe(price);
  });

  it('knows what models cost by the catalogue that ships with the package (R-SP-6)', async () => {
    const sheet = await sheetOf('openai', 'gpt-4o-mini');
    expect(sheet).toMatchObject({ input: 150_000_000, cacheRead: 75_000_000, output: 600_000_000, tiers: [] });
    expect(sheet?.version).toMatch(/^@pydantic\/genai-prices@[\d.]+#[0-9a-f]{8}$/);
  });

  it('takes over tiers whole, with cache writes of both lifetimes', async () => {
    expect(await sheetOf('anthropic', 'claude-sonnet-4-5')).toMatchObject({
      input: 3e9,
      cacheRead: 0.3e9,
      cacheWrite: 3.75e9,
      cacheWriteHour: 6e9,
      output: 15e9,
      reasoning: 15e9,
      tiers: [
        {
          aboveInputTokens: 200_000,
          input: 6e9,
          cacheRead: 0.6e9,
          cacheWrite: 7.5e9,
          cacheWriteHour: 12e9,
          output: 22.5e9,
        },
      ],
    });
  });

  it('takes over audio prices and charges per request', async () => {
    const audio = await sheetOf('openai', 'gpt-realtime');
    expect(audio?.audioInput).toBeGreaterThan(audio?.input ?? 0);
    expect(audio?.audioOutput).toBeGreaterThan(audio?.output ?? 0);
    expect(await sheetOf('perplexity', 'sonar')).toMatchObject({ perRequest: 12_000_000 });
  });

  it('looks a vendor up by its name in the catalogue and a model by its own name', async () => {
    const deployment = deploymentOf('gemini', 'my-deployment', undefined, {
      priceCatalogue: 'google',
      baseModel: 'gemini-2.5-flash',
    });
    const book = createPriceCatalog(fakeClock());
    await book.load();
    expect(book.sheetOf(deployment)).toMatchObject({ input: 0.3e9, output: 2.5e9 });
  });

  it('follows prices that depend on the time of day', async () => {
    const clock = fakeClock(Date.UTC(2026, 0, 1, 12));
    const deployment = deploymentOf('deepseek', 'deepseek-chat');
    const book = createPriceCatalog(clock);
    await book.load();
    const byDay = book.sheetOf(deployment);
    expect(book.sheetOf(deployment)).toBe(byDay);
    await clock.advance(5 * 3_600_000);
    const byNight = book.sheetOf(deployment);
    expect(byNight?.output).toBeLessThan(byDay?.output ?? 0);
    expect(byNight?.version).not.toBe(byDay?.version);
  });

  it.each([
    ['a vendor it does not know', 'nobody', 'gpt-4o-mini'],
    ['a vendor whose name only resembles a known one', 'openai-at-home', 'gpt-4o-mini'],
    ['a model it does not know', 'openai', 'no-such-model'],
    ['a model sold by the hour', 'openai', 'whisper-1'],
    ['a model without any price', 'cerebras', 'qwen-3-coder-480b'],
  ])('has no price, and not zero, for %s (R-SP-5)', async (_, provider, model) => {
    expect(await sheetOf(provider, model)).toBeUndefined();
  });

  it('can read every price in the catalogue', async () => {
    const { findProvider } = await import('@pydantic/genai-prices');
    const vendors = [
      'openai',
      'anthropic',
      'google',
      'azure',
      'aws',
      'mistral',
      'groq',
      'deepseek',
      'cohere',
      'openrouter',
    ];
    const deployments = vendors.flatMap((vendor) =>
      (findProvider({ providerId: vendor })?.models ?? []).map((model) => deploymentOf(vendor, model.id)),
    );
    const book = createPriceCatalog(fakeClock());
    await book.load();
    const sheets = deployments.map((deployment) => book.sheetOf(deployment)).filter((sheet) => sheet !== undefined);
    expect(sheets.length).toBeGreaterThan(700);
    for (const sheet of sheets) {
      for (const rates of [sheet, ...sheet.tiers]) {
        for (const rate of Object.values(rates))
          if (typeof rate === 'number') expect(Number.isSafeInteger(rate) && rate >= 0).toBe(true);
      }
    }
  });

  it('names the edition that is installed', () => {
    const manifest = new URL('../../node_modules/@pydantic/genai-prices/package.json', import.meta.url);
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string; version: string };
    expect(CATALOGUE_VERSION).toBe(`${name}@${version}`);
  });
});

async function sheetOf(provider: string, model: string): Promise<PriceSheet | undefined> {
  const deployment = deploymentOf(provider, model);
  const book = createPriceCatalog(fakeClock(Date.UTC(2026, 10, 1)));
  await book.load();
  return book.sheetOf(deployment);
}

// The price book reads these fields and no others.
function deploymentOf(
  provider: string,
  model: string,
  price?: PriceSheet,
  more: { priceCatalogue?: string; baseModel?: string } = {},
): Deployment {
  const { priceCatalogue, baseModel = model } = more;
  return { provider: { name: provider, priceCatalogue }, model, baseModel, price } as unknown as Deployment;
}
