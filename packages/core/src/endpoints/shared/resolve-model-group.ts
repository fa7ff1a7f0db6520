import { GatewayError } from '../../errors.js';
import { mayUseModel } from '../../identity/access.js';
import type { ModelGroup } from '../../model-group.js';
import type { Principal } from '../../principal.js';
import type { RouteTable } from '../../routing/route-table.js';

/**
 * The group of a name that the caller may use. Throws `model_not_found`, the same whether it does not exist or the
 * caller may not use it; `param` is where the name was found.
 */
export function resolveModelGroup(name: string, principal: Principal, table: RouteTable, param = 'model'): ModelGroup {
  const group = mayUseModel(principal, name) ? table.find(name) : undefined;
  if (group !== undefined) return group;
  const all = [...table.groups.values(), ...table.patterns].map((known) => known.name);
  const usable = all.filter((known) => mayUseModel(principal, known));
  const names = usable
    .slice(0, 50)
    .map((known) => `"${known}"`)
    .join(', ');
  const rest = usable.length > 50 ? ` and ${usable.length - 50} more` : '';
  throw new GatewayError(
    'model_not_found',
    `There is no model ${JSON.stringify(name.slice(0, 100))} for you. ${names === '' ? 'You have no access to any model.' : `You may use ${names}${rest}.`}`,
    { param },
  );
}
