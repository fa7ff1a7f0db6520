import {
  costOf,
  isJsonObject,
  listedModel,
  type Provider,
  systemClock,
  type UpstreamOperationName,
  usageOfAnswer,
} from '@portico/core';
import { allProviders } from '@portico/providers';

/** What is known of a model without asking anybody. */
export interface ModelInfo {
  readonly provider: string;
  readonly model: string;
  /** US dollars per million tokens as of now; undefined where nobody knows. */
  readonly usdPerMillion: { readonly input: number; readonly output: number; readonly cacheRead: number } | undefined;
  /** Longest input and answer together, in tokens; undefined where nobody knows. */
  readonly contextTokens: number | undefined;
  /** Longest answer where the vendor demands a bound, in tokens; undefined where nobody knows. */
  readonly maxOutputTokens: number | undefined;
  /** What the vendor can be asked. */
  readonly operations: readonly UpstreamOperationName[];
}

/** Looks `vendor/model` up in the catalogue that ships with the package. Throws for a vendor that is not known. */
export async function modelInfo(model: string): Promise<ModelInfo> {
  const { provider, name } = partsOf(model);
  const listed = await listedModel(provider, name, systemClock.now());
  const price = listed?.price;
  return {
    provider: provider.name,
    model: name,
    usdPerMillion: price && {
      input: price.input / NANO,
      output: price.output / NANO,
      cacheRead: price.cacheRead / NANO,
    },
    contextTokens: listed?.contextTokens,
    maxOutputTokens: provider.codecs['chat.completions']?.defaultMaxOutputTokens?.(name),
    operations: Object.keys(provider.codecs) as UpstreamOperationName[],
  };
}

/** Whether the vendor of `vendor/model` can be asked this, in its own words; chat stands in for messages and responses everywhere. */
export function supports(model: string, operation: UpstreamOperationName): boolean {
  return partsOf(model).provider.codecs[operation] !== undefined;
}

/**
 * What an answer of `vendor/model` cost by the list price, in integer nano-dollars: rounded up once, cached and reasoning
 * tokens at their own rates. Undefined where the price or the usage is not known, which is not free.
 */
export async function completionCost(
  model: string,
  answer: { readonly usage?: unknown },
): Promise<{ readonly nanoUsd: number; readonly usd: number } | undefined> {
  const { provider, name } = partsOf(model);
  const usage = isJsonObject(answer.usage) ? usageOfAnswer(answer.usage) : undefined;
  const price = (await listedModel(provider, name, systemClock.now()))?.price;
  if (usage === undefined || price === undefined) return undefined;
  const nanoUsd = costOf(usage, price);
  return { nanoUsd, usd: nanoUsd / NANO };
}

const NANO = 1e9;

function partsOf(model: string): { readonly provider: Provider; readonly name: string } {
  const slash = model.indexOf('/');
  const provider = allProviders().find(({ name }) => name === model.slice(0, slash));
  if (provider === undefined) throw new TypeError(`"${model}" must be "vendor/model" of a vendor that is known.`);
  return { provider, name: model.slice(slash + 1) };
}
