import type { Provider } from '@portico/core/provider';
import type { DeploymentDraft } from './draft.js';
import { FAMILIES } from './vendor-of.js';

/**
 * The deployments; for one that serves everything (`*` by `*`) also those that contain what the gateway could not
 * know on a request: the vendor of models that are named without one, and credentials that are only in the file.
 */
export function withWildcardVendors(
  drafts: readonly DeploymentDraft[],
  fileEnvironment: Readonly<Record<string, string>>,
  { providers, credentials }: Vendors,
): readonly DeploymentDraft[] {
  const known = { ...credentials, ...fileEnvironment };
  const named = new Set(drafts.map(({ group }) => group));
  return drafts.flatMap((draft) => {
    if (draft.group !== '*' || draft.model !== '*' || draft.vendor !== undefined) return [draft];
    const more = providers.flatMap(({ name, keyVariables }) => {
      const isKnown = draft.details.apiKey !== undefined || keyVariables.some((variable) => known[variable]);
      const inFile = keyVariables.some((variable) => fileEnvironment[variable]);
      const begins = isKnown ? (FAMILIES[name] ?? []) : [];
      const names: [string, string][] = begins.map((begin) => [`${begin}*`, `${name}/${begin}*`]);
      return inFile ? [...names, [`${name}/*`, `${name}/*`] as const] : names;
    });
    const others = more.filter(([group]) => !named.has(group));
    return [draft, ...others.map(([group, model]) => ({ ...draft, group, model, details: withoutId(draft.details) }))];
  });
}

interface Vendors {
  readonly providers: readonly Provider[];
  readonly credentials: Readonly<Record<string, string | undefined>>;
}

function withoutId({ id: _of, ...details }: DeploymentDraft['details']): DeploymentDraft['details'] {
  return details;
}
