import type { Call, FixedNeed } from '../call.js';
import type { Deployment } from '../deployment.js';
import { GatewayError } from '../errors.js';
import { mayUseModel } from '../identity/access.js';
import type { ModelGroup } from '../model-group.js';
import type { Operation } from '../operation.js';
import { worstCaseOf } from '../pricing/cost.js';
import { estimateInputTokens } from '../pricing/estimate-tokens.js';
import type { PriceCatalog } from '../pricing/price-sheet.js';
import { FALLBACK_LISTS, fallbackNames } from '../routes/routing-overrides.js';
import type { Need } from './limits-of-call.js';

export interface NeedsDeps {
  /** Any group by name: a call may end up in any fallback. */
  findGroup(name: string): ModelGroup | undefined;
  /** Whether models without a known price are allowed under a budget. */
  readonly unknownPrice: 'refuse' | 'allow';
  readonly priceCatalog: PriceCatalog;
}

/**
 * The most a call can need, on any route. Throws `forbidden` (code `price_unknown`) under a budget if it could end up at a model
 * without a known price.
 */
export type NeedOf = (call: Call<unknown, Operation>, hasBudget: boolean) => Need;

export function createNeeds(deps: NeedsDeps): NeedOf {
  const reaches = new WeakMap<ModelGroup, Reach>();

  return (call, hasBudget) => {
    const { fixedNeed } = call;
    if (fixedNeed !== undefined) return needOfFixed(fixedNeed, call.group, hasBudget);
    const { summary, principal } = call;
    const inputTokens = estimateInputTokens(summary);
    let outputTokens = summary.maxOutputTokens ?? 0;
    let costNanoUsd = 0;
    for (const { deployment, group } of reachOf(call).stops) {
      if (!canServe(deployment, call)) continue;
      if (group !== call.group && !mayUseModel(principal, group.name)) continue;
      const longest = summary.maxOutputTokens ?? deployment.maxOutputTokens * summary.answers;
      outputTokens = Math.max(outputTokens, longest);
      if (!hasBudget) continue;
      const sheet = deps.priceCatalog.sheetOf(deployment);
      if (sheet !== undefined) costNanoUsd = Math.max(costNanoUsd, worstCaseOf(inputTokens, longest, sheet));
      else if (deps.unknownPrice === 'refuse') throw priceUnknown(call.group, deployment);
    }
    return { tokens: inputTokens + outputTokens, inputTokens, outputTokens, costNanoUsd };
  };

  function needOfFixed(need: FixedNeed, group: ModelGroup, hasBudget: boolean): Need {
    if (typeof need === 'string') return NO_NEED;
    const { deployment, tokens, costNanoUsd } = need;
    if (hasBudget && costNanoUsd === undefined && deps.unknownPrice === 'refuse') throw priceUnknown(group, deployment);
    return { tokens, inputTokens: tokens, outputTokens: 0, costNanoUsd: costNanoUsd ?? 0 };
  }

  function reachOf(call: Call<unknown, Operation>): Reach {
    if (call.overrides !== undefined) return measureReach(call, deps.findGroup);
    let reach = reaches.get(call.group);
    if (reach === undefined) {
      reach = measureReach(call, deps.findGroup);
      reaches.set(call.group, reach);
    }
    return reach;
  }
}

export const NO_NEED: Need = { tokens: 0, inputTokens: 0, outputTokens: 0, costNanoUsd: 0 };

/** Every group in which a call can end up. */
interface Reach {
  readonly stops: readonly { readonly deployment: Deployment; readonly group: ModelGroup }[];
}

function measureReach(call: Call<unknown, Operation>, findGroup: NeedsDeps['findGroup']): Reach {
  const reached = new Set([call.group]);
  // A Set also iterates entries that are added during the loop.
  for (const group of reached) {
    const names = [group.references, ...FALLBACK_LISTS.map((list) => fallbackNames(call, group, list))];
    for (const list of names) {
      for (const name of list) {
        const next = findGroup(name);
        if (next !== undefined) reached.add(next);
      }
    }
  }
  const stops = [...reached].flatMap((group) => group.deployments.map((deployment) => ({ deployment, group })));
  return { stops };
}

/** Each operation is in at most one of the two tables: realtime sessions are relayed. */
function canServe({ codecs, connection }: Deployment, { operation: { name } }: Call<unknown, Operation>): boolean {
  return isIn(codecs, name) || isIn(connection.relays, name);
}

function isIn(table: Readonly<Record<string, unknown>> | undefined, name: string): boolean {
  return table?.[name] !== undefined;
}

function priceUnknown(group: ModelGroup, deployment: Deployment): GatewayError {
  return new GatewayError(
    'forbidden',
    `"${group.name}" cannot be used under a budget: no price is known for it or one of its fallbacks. The operator of this service can set its price.`,
    {
      code: 'price_unknown',
      cause: new Error(
        `Deployment "${deployment.id}" has no price in the configuration and "${deployment.baseModel}" has none in the catalogue: set its "price", or unknownPrice: 'allow'.`,
      ),
    },
  );
}
