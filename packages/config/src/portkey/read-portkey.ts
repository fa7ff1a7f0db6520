import type { DeploymentDetails, GatewayConfig, ModelGroupConfig, Provider } from '@portico/core';
import { readKeys } from '../litellm/key-row.js';
import { vendorAndModel } from '../litellm/vendor-of.js';
import { didYouMean } from '../nearest-word.js';
import { itemsOf, mapOf, problem, type Reading } from '../reading.js';
import type { ConfigNode, MapNode } from '../yaml/config-node.js';
import { draftPortkey, inSnakeCase, NODE_KEYS, type PortkeyDraft } from './keys-of-portkey.js';

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
 * Reads one of Portkey's JSON configurations: what clients name in a header there is one model here, `name`. Groups that are
 * asked when the first cannot answer are named after it.
 */
export function readPortkey(
  root: MapNode,
  name: string,
  providers: readonly Provider[],
  reading: Reading,
): Pick<GatewayConfig, 'models'> {
  const models: Record<string, ModelGroupConfig> = {};
  const tiers = tiersOf(root, draftPortkey({ retries: {}, timeoutMs: undefined, model: undefined }));
  const names = tiers.map((_tier, index) => (index === 0 ? name : `${name} (${index + 1})`));
  for (const [index, { deployments, retries }] of tiers.entries()) {
    models[names[index] ?? name] = {
      deployments,
      ...(index === 0 && names.length > 1 && { fallbacks: names.slice(1), contextFallbacks: names.slice(1) }),
      ...(Object.keys(retries).length > 0 && { retries }),
    };
  }
  return { models };

  /** The groups that a node comes to: asked in this order. */
  function tiersOf(given: MapNode, draft: PortkeyDraft): readonly Tier[] {
    const node = inSnakeCase(given);
    readKeys(node, NODE_KEYS, draft, reading);
    if (draft.targets === undefined) return leafOf(node, draft);
    const targets = itemsOf(draft.targets, reading).flatMap((item) => mapOf(item, reading) ?? []);
    if (targets.length === 0) return nothing(draft.targets, 'there is no target.');
    const below = targets.map((target) => {
      const inner = draftPortkey(draft);
      return { target, inner, tiers: tiersOf(target, inner) };
    });
    if (draft.mode === 'fallback') return below.flatMap(({ tiers: inside }) => inside);
    if (draft.mode !== 'loadbalance') return below[0]?.tiers ?? [];
    const deployments = below.flatMap(({ target, inner, tiers: inside }) => {
      if (inside.length > 1) {
        return nothing(
          target,
          'a share of the calls cannot have targets of its own to fall back to: make that the outer one.',
        );
      }
      return inside.flatMap((tier) => tier.deployments.map((deployment) => weighted(deployment, inner.weight)));
    });
    // A weight of 0 is never asked.
    return [{ deployments: deployments.filter(({ weight }) => weight !== 0), retries: draft.retries }];
  }

  function leafOf(node: MapNode, draft: PortkeyDraft): readonly Tier[] {
    const { vendor, model, details, options, timeoutMs, retries } = draft;
    if (vendor === undefined) return nothing(node, 'needs a "provider".');
    if (model === undefined) {
      return nothing(node, 'needs a model: models are named here, "override_params": { "model": "…" }.');
    }
    const ours = OTHER_NAMES[vendor] ?? vendor;
    const full = vendorAndModel(model, ours) ?? `${ours}/${model}`;
    const known = providers.map(({ name: each }) => each);
    if (!known.includes(ours)) {
      return nothing(
        node.entries.get('provider') ?? node,
        `"${vendor}" is no vendor that is known here${didYouMean(vendor, known)}.`,
      );
    }
    const deployment: DeploymentDetails = {
      model: full,
      ...details,
      ...(timeoutMs !== undefined && { deadlines: { headersMs: timeoutMs, firstTokenMs: timeoutMs } }),
      ...(Object.keys(options).length > 0 && { options }),
    };
    return [{ deployments: [deployment], retries }];
  }

  function nothing(node: ConfigNode, message: string): [] {
    problem(reading, node, message);
    return [];
  }
}

interface Tier {
  readonly deployments: readonly DeploymentDetails[];
  readonly retries: PortkeyDraft['retries'];
}

function weighted(deployment: DeploymentDetails, weight: number | undefined): DeploymentDetails {
  return weight === undefined ? deployment : { ...deployment, weight };
}
