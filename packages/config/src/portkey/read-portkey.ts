import type { DeploymentDetails, ModelGroupConfig, RouteConfig, RouteTerms, WhenConfig } from '@portico/core';
import type { Provider } from '@portico/core/provider';
import { readKeys } from '../litellm/key-row.js';
import { vendorAndModel } from '../litellm/vendor-of.js';
import { didYouMean } from '../nearest-word.js';
import { itemsOf, mapOf, problem, type ReadContext, textOf } from '../read-context.js';
import type { ConfigNode, MapNode } from '../yaml/config-node.js';
import { draftPortkey, inSnakeCase, NODE_KEYS, type PortkeyDraft } from './portkey-keys.js';
import { readQuery } from './read-conditions.js';

/** Portkey's names for vendors that have another one here. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'azure-openai': 'azure',
  google: 'gemini',
  'vertex-ai': 'vertex_ai',
  'mistral-ai': 'mistral',
  'together-ai': 'together_ai',
  'fireworks-ai': 'fireworks_ai',
  'x-ai': 'xai',
};

/**
 * Reads one of Portkey's JSON configurations, a tree of decisions like the gateway's. Undefined if nothing of it is
 * left, which is reported as a problem.
 */
export function readPortkey(
  root: MapNode,
  providers: readonly Provider[],
  reading: ReadContext,
): ModelGroupConfig | undefined {
  const route = routeOf(root, draftPortkey(undefined));
  if (route === undefined) return undefined;
  // A deployment outside a choice becomes a model of its own.
  if (typeof route === 'object' && 'deployments' in route) return route;
  return { route };

  function routeOf(given: MapNode, draft: PortkeyDraft): RouteConfig | undefined {
    const node = inSnakeCase(given);
    readKeys(node, NODE_KEYS, draft, reading);
    if (draft.targets === undefined) return leafOf(node, draft);
    const targets = itemsOf(draft.targets, reading).flatMap((item) => {
      const target = mapOf(item, reading);
      if (target === undefined) return [];
      const inner = draftPortkey(draft);
      const to = routeOf(target, inner);
      return to === undefined ? [] : [{ to, inner }];
    });
    const [first] = targets;
    if (first === undefined) return nothing(draft.targets, 'there is no target left.');
    const terms = termsOf(draft);
    if (draft.mode === 'fallback') return { fallback: targets.map(({ to }) => to), ...terms };
    if (draft.mode === 'conditional') return { ...choiceOf(node, draft, targets), ...terms };
    if (draft.mode !== 'loadbalance') return first.to;
    // A weight of 0 means never.
    const shares = targets.filter(({ inner }) => inner.weight !== 0);
    return { split: shares.map(({ to, inner: { weight = 1 } }) => ({ weight, to })), ...terms };
  }

  function choiceOf(node: MapNode, draft: PortkeyDraft, targets: readonly Target[]): WhenConfig {
    const targetOf = (named: ConfigNode | undefined): RouteConfig | undefined => {
      const wanted = named && textOf(named, reading);
      const found = targets.find(({ inner }) => inner.name === wanted)?.to;
      if (named === undefined || found !== undefined) return found;
      const names = targets.flatMap(({ inner }) => inner.name ?? []);
      return problem(reading, named, `no target is called "${wanted}"${didYouMean(wanted ?? '', names)}.`);
    };
    const branches = (draft.conditions === undefined ? [] : itemsOf(draft.conditions, reading)).flatMap((item) => {
      const condition = mapOf(item, reading);
      const query = condition?.entries.get('query');
      const to = targetOf(condition?.entries.get('then'));
      if (query === undefined) return nothing(item, 'needs a "query" and a "then".') ?? [];
      return readQuery(query, reading).flatMap((each) => (to === undefined ? [] : [{ if: each, to }]));
    });
    if (branches.length === 0) problem(reading, node, 'needs "conditions" to choose by.');
    const otherwise = targetOf(draft.otherwise);
    return { when: branches, ...(otherwise !== undefined && { otherwise }) };
  }

  function leafOf(node: MapNode, draft: PortkeyDraft): RouteConfig | undefined {
    const { vendor, model, details, options, timeoutMs } = draft;
    if (vendor === undefined) return nothing(node, 'needs a "provider".');
    if (model === undefined) {
      return nothing(node, 'needs a model: name it with "override_params": { "model": "…" }.');
    }
    const ours = OTHER_NAMES[vendor] ?? vendor;
    const known = providers.map(({ name }) => name);
    if (!known.includes(ours)) {
      const message = `"${vendor}" is not a known vendor${didYouMean(vendor, known)}.`;
      return nothing(node.entries.get('provider') ?? node, message);
    }
    const deployment: DeploymentDetails = {
      model: vendorAndModel(model, ours) ?? `${ours}/${model}`,
      ...details,
      ...(timeoutMs !== undefined && { deadlines: { headersMs: timeoutMs, firstTokenMs: timeoutMs } }),
      ...(Object.keys(options).length > 0 && { options }),
    };
    return { deployments: [Object.keys(deployment).length === 1 ? deployment.model : deployment], ...termsOf(draft) };
  }

  function nothing(node: ConfigNode, message: string): undefined {
    return problem(reading, node, message);
  }
}

interface Target {
  readonly to: RouteConfig;
  readonly inner: PortkeyDraft;
}

function termsOf({ retries }: PortkeyDraft): RouteTerms {
  return retries === undefined ? {} : { retries };
}
