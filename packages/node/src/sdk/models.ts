import { costOf, isJsonObject, listedModel, systemClock, type UpstreamOperationName } from '@portico/core';
import { type Provider, usageOfAnswer } from '@portico/core/provider';
import { allProviders } from '@portico/providers';

/** The catalogue data of a model. */
export interface ModelInfo {
  readonly provider: string;
  readonly model: string;
  /** Current price in US dollars per million tokens; undefined if not known. */
  readonly usdPerMillion: { readonly input: number; readonly output: number; readonly cacheRead: number } | undefined;
  /** Input plus output at most, in tokens; undefined if not known. */
  readonly contextTokens: number | undefined;
  /** Longest output if the vendor requires a limit, in tokens; undefined if not known. */
  readonly maxOutputTokens: number | undefined;
  /** The operations of the vendor. */
  readonly operations: readonly UpstreamOperationName[];
}

/** Looks `vendor/model` up in the catalogue of the package. Throws for an unknown vendor. */
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

/**
 * Whether the vendor of `vendor/model` has this operation in its own API; messages and responses are translated to
 * chat everywhere.
 */
export function supports(model: string, operation: UpstreamOperationName): boolean {
  return partsOf(model).provider.codecs[operation] !== undefined;
}

/**
 * What an answer of `vendor/model` cost by the list price, in integer nano-dollars: rounded up once, cached and
 * reasoning tokens at their own rates. Undefined if the price or the usage is not known; that does not mean free.
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
  if (provider === undefined) throw new TypeError(`"${model}" must be "vendor/model" of a known vendor.`);
  return { provider, name: model.slice(slash + 1) };
}
