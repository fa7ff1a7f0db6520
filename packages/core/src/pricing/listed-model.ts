import type { Provider } from '../provider.js';
import type { PriceSheet } from '../usage/price.js';
import { listedPrice, loadCatalogue } from './price-sheet.js';

/** The catalogue entry of a vendor's model. */
export interface ListedModel {
  /** Undefined if not known. */
  readonly price: PriceSheet | undefined;
  /** Input plus output at most, in tokens. */
  readonly contextTokens: number | undefined;
}

/** Looks a model up as of `now`; undefined if the catalogue does not have it. Never uses the network (R-SP-6). */
export async function listedModel(
  provider: Pick<Provider, 'name' | 'priceCatalogue'>,
  model: string,
  now: number,
): Promise<ListedModel | undefined> {
  const found = listedPrice(await loadCatalogue(), provider, model);
  return found && { price: found.priceAt(now), contextTokens: found.contextTokens };
}
