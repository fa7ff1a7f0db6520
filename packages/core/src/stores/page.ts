import type { Page, PageQuery } from './key-store.js';
import { StoreConflict } from './store-conflict.js';

const USUAL_LIMIT = 100;
const HIGHEST_LIMIT = 1_000;

/** How many items a page may have. Throws a `StoreConflict` `invalid` for what is no positive whole number. */
export function pageLimit({ limit = USUAL_LIMIT }: PageQuery): number {
  if (!Number.isInteger(limit) || limit < 1) throw new StoreConflict('invalid', 'limit: use a whole number from 1 on.');
  return Math.min(limit, HIGHEST_LIMIT);
}

/** The page of rows that were read with one more than the limit: the one more tells that there is another page. */
export function pageOf<Item>(rows: readonly Item[], limit: number, cursorOf: (item: Item) => string): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(last) : undefined };
}

/** Where a page begins in a list that is ordered by a time and an id. */
export interface TimeCursor {
  readonly at: number;
  readonly id: string;
}

export function timeCursor(at: number, id: string): string {
  return `${at}:${id}`;
}

/** Throws a `StoreConflict` `invalid` for a text that no page was told. */
export function readTimeCursor(after: string | undefined): TimeCursor | undefined {
  if (after === undefined) return undefined;
  const colon = after.indexOf(':');
  const at = Number(after.slice(0, colon));
  if (colon < 1 || !Number.isFinite(at)) throw new StoreConflict('invalid', 'after: use `next` of the page before.');
  return { at, id: after.slice(colon + 1) };
}
