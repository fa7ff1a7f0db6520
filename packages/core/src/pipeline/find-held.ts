import { mayUseModel } from '../governance/access.js';
import { type Held, type HeldIds, type HeldKind, nothingHeld } from '../held-id.js';
import type { Principal } from '../principal.js';
import type { Place, RouteTable } from '../routing/route-table.js';

/** What an id that a client shows stands for, and where that is. Throws a 404 for what is not the principal's. */
export async function findHeld(
  kind: HeldKind,
  shown: string,
  principal: Principal,
  { ids, table }: { readonly ids: HeldIds; readonly table: RouteTable },
): Promise<{ readonly held: Held; readonly place: Place }> {
  const held = await ids.open(kind, shown, principal.id);
  const place = held && table.placeOf(held.deployment);
  if (held !== undefined && place !== undefined && mayUseModel(principal, place.group.name)) return { held, place };
  throw nothingHeld(kind, shown);
}
