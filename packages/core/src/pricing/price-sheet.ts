import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import type { Provider } from '../provider.js';
import type { PriceConfig } from '../settings/gateway-config.js';
import type { PriceSheet } from '../usage/price.js';

/** A price sheet from prices in the configuration. */
export function sheetFromConfig(price: PriceConfig): PriceSheet {
  const { input, output, cacheRead = input, cacheWrite = input } = price;
  return sheet('config', [], {
    input,
    output,
    cacheRead,
    cacheWrite,
    cacheWriteHour: price.cacheWriteHour ?? cacheWrite,
    reasoning: price.reasoning ?? output,
    audioInput: price.audioInput ?? input,
    audioOutput: price.audioOutput ?? output,
    perRequest: price.perRequest ?? 0,
  });
}

/**
 * The prices of all deployments: from the configuration, else from the catalogue that is part of the package, which
 * is loaded only if needed and never from the network (R-SP-6).
 */
export interface PriceCatalog {
  /** Loads the catalogue; must be awaited before the first call to a deployment without a price of its own. */
  load(): Promise<void>;
  /** Undefined if not known. */
  sheetOf(deployment: Deployment): PriceSheet | undefined;
}

export function createPriceCatalog(clock: Clock): PriceCatalog {
  let catalogue: Catalogue | undefined;
  let loading: Promise<void> | undefined;
  const listed = new WeakMap<Deployment, ListedPrice>();

  function listedPriceOf(deployment: Deployment): ListedPrice {
    if (catalogue === undefined) return NO_PRICE;
    let price = listed.get(deployment);
    if (price === undefined) {
      price = listedPrice(catalogue, deployment.provider, deployment.baseModel)?.priceAt ?? NO_PRICE;
      listed.set(deployment, price);
    }
    return price;
  }

  async function load(): Promise<void> {
    try {
      catalogue = await loadCatalogue();
    } catch (error) {
      loading = undefined;
      throw error;
    }
  }

  return {
    load: () => (loading ??= load()),
    sheetOf: (deployment) => deployment.price ?? listedPriceOf(deployment)(clock.now()),
  };
}

/**
 * The exact edition of the catalogue: this file and the dependency in package.json change together, and a test
 * compares them.
 */
export const CATALOGUE_VERSION = '@pydantic/genai-prices@0.1.8';

type Catalogue = typeof import('@pydantic/genai-prices');
type CataloguePrice = Readonly<
  Record<string, number | { base: number; tiers: { start: number; price: number }[] } | undefined>
>;

type Dollars = Required<PriceConfig>;

/** A catalogue price at a moment: some prices depend on the time of day or change on a date. */
type ListedPrice = (now: number) => PriceSheet | undefined;

const NO_PRICE: ListedPrice = () => undefined;

const QUARTER_HOUR_MS = 900_000;

/** Loads the catalogue, which takes some 40 ms, on first use. */
export function loadCatalogue(): Promise<Catalogue> {
  return import('@pydantic/genai-prices');
}

/** The catalogue entry of a vendor's model; undefined if there is none. */
export function listedPrice(
  catalogue: Catalogue,
  provider: Pick<Provider, 'name' | 'priceCatalogue'>,
  model: string,
): { readonly priceAt: ListedPrice; readonly contextTokens: number | undefined } | undefined {
  const name = provider.priceCatalogue ?? provider.name;
  // The catalogue matches `openai-at-home` to OpenAI; a price that is not certain is not used (R-SP-5).
  if (catalogue.findProvider({ providerId: name })?.id !== name) return undefined;
  const answerAt = (now: number) => catalogue.calcPrice({}, model, { providerId: name, timestamp: new Date(now) });
  const found = answerAt(0);
  if (found === null) return undefined;
  const fixed = catalogueSheet(found.model_price);
  const contextTokens = found.model.context_window;
  if (!Array.isArray(found.model.prices)) return { priceAt: () => fixed, contextTokens };

  let quarter = -1;
  let current: PriceSheet | undefined;
  return { priceAt, contextTokens };

  function priceAt(now: number): PriceSheet | undefined {
    const nowQuarter = Math.floor(now / QUARTER_HOUR_MS);
    if (nowQuarter !== quarter) {
      quarter = nowQuarter;
      const price = answerAt(now)?.model_price;
      current = price && catalogueSheet(price);
    }
    return current;
  }
}

// Undefined for models billed by the hour, page or image, and for entries without prices: these are not free.
function catalogueSheet(price: CataloguePrice): PriceSheet | undefined {
  if (price.input_mtok === undefined) return undefined;
  if (price.output_mtok === undefined && Object.keys(price).some((key) => key.startsWith('output_'))) return undefined;
  const bounds = new Set<number>();
  for (const rate of Object.values(price)) {
    if (typeof rate === 'object') for (const tier of rate.tiers) bounds.add(tier.start);
  }
  const tiers = [...bounds].sort((a, b) => a - b);
  return sheet(
    CATALOGUE_VERSION,
    tiers.map((bound) => ({ aboveInputTokens: bound, ...dollarsAt(price, bound) })),
    dollarsAt(price, -1),
  );
}

/**
 * The prices above `bound` input tokens. A bucket without a price costs as much as the bucket it is part of, as in
 * the catalogue.
 */
function dollarsAt(price: CataloguePrice, bound: number): Dollars {
  const input = rateAt(price.input_mtok, bound) ?? 0;
  const output = rateAt(price.output_mtok, bound) ?? 0;
  const cacheWrite = rateAt(price.cache_write_mtok, bound) ?? input;
  return {
    input,
    output,
    cacheRead: rateAt(price.cache_read_mtok, bound) ?? input,
    cacheWrite,
    cacheWriteHour: rateAt(price.cache_write_1h_mtok, bound) ?? cacheWrite,
    reasoning: rateAt(price.output_reasoning_mtok, bound) ?? output,
    audioInput: rateAt(price.input_audio_mtok, bound) ?? input,
    audioOutput: rateAt(price.output_audio_mtok, bound) ?? output,
    perRequest: (rateAt(price.requests_kcount, bound) ?? 0) / 1_000,
  };
}

function rateAt(rate: CataloguePrice[string], bound: number): number | undefined {
  if (rate === undefined || typeof rate === 'number') return rate;
  let price = rate.base;
  for (const tier of rate.tiers) if (tier.start <= bound) price = tier.price;
  return price;
}

function sheet(
  source: string,
  tiers: readonly (Dollars & { readonly aboveInputTokens: number })[],
  dollars: Dollars,
): PriceSheet {
  const prices = {
    ...nanoUsd(dollars),
    tiers: tiers.map((tier) => ({ aboveInputTokens: tier.aboveInputTokens, ...nanoUsd(tier) })),
  };
  // The numbers are part of the edition, so that a corrected price in the configuration is another edition.
  return { ...prices, version: `${source}#${fingerprint(JSON.stringify(prices))}` };
}

function nanoUsd(dollars: Dollars): Dollars {
  return {
    input: nano(dollars.input),
    output: nano(dollars.output),
    cacheRead: nano(dollars.cacheRead),
    cacheWrite: nano(dollars.cacheWrite),
    cacheWriteHour: nano(dollars.cacheWriteHour),
    reasoning: nano(dollars.reasoning),
    audioInput: nano(dollars.audioInput),
    audioOutput: nano(dollars.audioOutput),
    perRequest: nano(dollars.perRequest),
  };
}

function nano(usd: number): number {
  return Math.round(usd * 1e9);
}

/** FNV-1a, 32 bits: only has to distinguish a few editions. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
