import type { PriceSheet } from '../price.js';
import type { Provider } from '../provider.js';
import { listedPrice, loadCatalogue } from './price-sheet.js';

/** What the catalogue that ships with the package knows of a vendor's model. */
export interface ListedModel {
  /** Undefined where nobody knows. */
  readonly price: PriceSheet | undefined;
  /** Longest input and answer together, in tokens. */
  readonly contextTokens: number | undefined;
}

/** Looks a model up as of `now`; undefined where the catalogue does not have it. Never asks the network (R-SP-6). */
export async function listedModel(
  provider: Pick<Provider, 'name' | 'priceCatalogue'>,
  model: string,
  now: number,
): Promise<ListedModel | undefined> {
  const found = listedPrice(await loadCatalogue(), provider, model);
  return found && { price: found.priceAt(now), contextTokens: found.contextTokens };
}
