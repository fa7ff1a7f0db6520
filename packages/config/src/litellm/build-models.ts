import type { DeploymentDetails, ModelGroupConfig, PriceConfig, RetryPolicy } from '@portico/core';
import { secret } from '@portico/core';
import type { Provider } from '@portico/core/provider';
import type { ModelInfo } from '../loaded-config.js';
import { problem, type ReadContext } from '../read-context.js';
import { type ConfigNode, pathBelow, shownValue } from '../yaml/config-node.js';
import { awsOptions, isOnAws } from './aws-keys.js';
import type { DeploymentDraft, SettingsDraft, Timeouts } from './draft.js';
import { vendorAndModel } from './vendor-of.js';
import { hasWildcard, wildcardTarget } from './wildcards.js';

/** Model groups that are being built, and where their parts are in the file. */
export interface BuiltModels {
  /** By the name that clients request. */
  readonly groups: Map<string, Group>;
  /** Paths of the gateway's configuration, and their origin in the file. */
  readonly origins: Map<string, ConfigNode>;
  readonly modelInfo: ModelInfo[];
}

export interface Group {
  readonly deployments: readonly DeploymentDetails[];
  readonly maxRetries: number | undefined;
  readonly totalMs: number | undefined;
  readonly strategy: ModelGroupConfig['strategy'];
  readonly byKind?: RetryPolicy['byKind'];
}

/** The default timeout of a call; longer answers need a longer one. */
const USUAL_ANSWER_MS = 600_000;

/** Deployments with one name become a group. */
export function buildModels(
  drafts: readonly DeploymentDraft[],
  settings: SettingsDraft,
  fileEnvironment: Readonly<Record<string, string>>,
  providers: readonly Provider[],
  reading: ReadContext,
): BuiltModels {
  const built: BuiltModels = { groups: new Map(), origins: new Map(), modelInfo: [] };
  const takenIds = new Set<string>();
  const byName = new Map<string, DeploymentDraft[]>();
  for (const draft of drafts) {
    if (draft.group === undefined || draft.model === undefined) continue;
    const siblings = byName.get(draft.group);
    if (siblings === undefined) byName.set(draft.group, [draft]);
    else siblings.push(draft);
  }
  for (const [name, all] of byName) {
    const asked = all.filter(({ leftOut }) => !leftOut);
    const first = all[0] as DeploymentDraft; // a list is created with its first entry
    if (asked.length === 0) {
      problem(reading, first.groupNode, `"${name}" has no deployment left.`);
      continue;
    }
    built.groups.set(name, buildGroup(name, asked));
  }
  return built;

  function buildGroup(name: string, drafts: readonly DeploymentDraft[]): Group {
    const weights = weightsOf(drafts);
    const lastOrder = lastOrderOf(drafts);
    const path = pathBelow('models', name);
    const deployments: DeploymentDetails[] = [];
    let maxRetries: number | undefined;
    let longestMs: number | undefined;
    for (const [index, draft] of drafts.entries()) {
      if (draft.maxRetries !== undefined) maxRetries = Math.max(maxRetries ?? 0, draft.maxRetries);
      const detailed = detailsOf(draft, weights[index] ?? 1);
      if (detailed === undefined) continue;
      const details = lastOrder === undefined ? detailed : { order: lastOrder, ...detailed };
      const organizations = draft.organizations.length === 0 ? [undefined] : draft.organizations;
      for (const organization of organizations) {
        const id = freeId(details, name);
        const vendor = details.model.slice(0, details.model.indexOf('/'));
        const own = { ...draft.options, ...draft.vendorOptions[vendor] };
        const said = { ...own, ...(organization !== undefined && { organization }) };
        const options = isOnAws(details.model) ? awsOptions(fileEnvironment, said) : said;
        remember(`${path}.deployments[${deployments.length}]`, draft);
        const deployment = { ...details, ...(Object.keys(options).length > 0 && { options }) };
        // The wildcard's text is part of a generated id: the gateway creates it on request.
        deployments.push(hasWildcard(name) ? deployment : { ...deployment, id });
        built.modelInfo.push(infoOf(draft, { ...deployment, id }));
        longestMs = Math.max(longestMs ?? 0, deployment.deadlines?.answerMs ?? 0);
      }
    }
    built.origins.set(path, drafts[0]?.groupNode as ConfigNode); // there is at least one
    const totalMs = longestMs !== undefined && longestMs > USUAL_ANSWER_MS ? longestMs : undefined;
    const strategy = settings.strategy ?? (settings.sticksBy && { by: 'sticky' as const, key: settings.sticksBy });
    return {
      deployments,
      maxRetries,
      totalMs,
      // With only one there is nothing to choose.
      strategy: deployments.length > 1 ? strategy : undefined,
    };
  }

  function detailsOf(draft: DeploymentDraft, weight: number): DeploymentDetails | undefined {
    const model = vendorAndModel(wildcardTarget(draft.group ?? '', draft.model ?? ''), draft.vendor);
    if (model === undefined) {
      return problem(
        reading,
        draft.modelNode,
        `${shownValue(draft.modelNode)} does not name its vendor: write "vendor/model", such as "openai/${draft.model}".`,
      );
    }
    const vendor = model.slice(0, model.indexOf('/'));
    const { details, headers } = draft;
    const apiKey = details.apiKey ?? keyOfFile(vendor);
    const deadlines = deadlinesOf(draft.timeouts);
    const price = priceOf(draft);
    const limits = limitsOf(draft);
    return {
      ...details,
      model,
      weight,
      dropUnsupported: details.dropUnsupported ?? settings.dropUnsupported,
      ...(apiKey !== undefined && { apiKey }),
      ...(details.baseUrl !== undefined && { baseUrl: details.baseUrl }),
      ...(Object.keys(headers).length > 0 && { headers }),
      ...(deadlines !== undefined && { deadlines }),
      ...(price !== undefined && { price }),
      ...(limits !== undefined && { limits }),
      ...(draft.tags.length > 0 && { tags: draft.tags }),
      ...(Object.keys(draft.capabilities).length > 0 && { capabilities: draft.capabilities }),
    };
  }

  /** A credential in the file's own variables under the vendor's usual name, where the gateway does not look. */
  function keyOfFile(vendor: string) {
    const variables = providers.find(({ name }) => name === vendor)?.keyVariables ?? [];
    const found = variables.map((variable) => fileEnvironment[variable]).find((value) => value !== undefined);
    return found === undefined ? undefined : secret(found);
  }

  function freeId(details: DeploymentDetails, group: string): string {
    const wanted = details.id ?? `${group}:${details.model}`;
    let id = wanted;
    // A duplicate id in the file is reported by the gateway.
    if (details.id === undefined) for (let copy = 2; takenIds.has(id); copy += 1) id = `${wanted}#${copy}`;
    takenIds.add(id);
    return id;
  }

  function remember(path: string, draft: DeploymentDraft): void {
    built.origins.set(path, draft.modelNode);
    built.origins.set(`${path}.model`, draft.modelNode);
    for (const [key, node] of draft.origins) built.origins.set(`${path}.${key}`, node);
  }
}

/** A group in the gateway's format. */
export function groupConfig(
  group: Group,
  lists: Pick<ModelGroupConfig, 'fallbacks' | 'contextFallbacks' | 'contentFallbacks'>,
): ModelGroupConfig {
  const { strategy, maxRetries, byKind } = group;
  const retries = { ...(maxRetries !== undefined && { maxRetries }), ...(byKind !== undefined && { byKind }) };
  return {
    deployments: group.deployments,
    ...(strategy !== undefined && { strategy }),
    ...(Object.keys(retries).length > 0 && { retries }),
    ...(group.totalMs !== undefined && { deadlines: { totalMs: group.totalMs } }),
    ...lists,
  };
}

/** LiteLLM's timeouts limit the seconds of silence; an answer that is still arriving may take longer. */
export function deadlinesOf({ wholeMs, streamMs }: Timeouts): DeploymentDetails['deadlines'] {
  if (wholeMs === undefined && streamMs === undefined) return undefined;
  const firstTokenMs = streamMs ?? wholeMs;
  return {
    ...(wholeMs !== undefined && { headersMs: wholeMs, answerMs: Math.max(wholeMs, USUAL_ANSWER_MS) }),
    ...(firstTokenMs !== undefined && { firstTokenMs, idleMs: firstTokenMs }),
  };
}

/** If some have an order, those without one come after them; undefined if none has. */
function lastOrderOf(drafts: readonly DeploymentDraft[]): number | undefined {
  const orders = drafts.flatMap(({ details }) => details.order ?? []);
  return orders.length === 0 ? undefined : Math.max(...orders) + 1;
}

/** The limits of a deployment. */
function limitsOf({ settings, rpm, tpm, concurrentCalls }: DeploymentDraft): DeploymentDetails['limits'] {
  const calls = concurrentCalls ?? settings.usualConcurrentCalls;
  const limits = {
    ...(settings.keepsRates && rpm !== undefined && { requestsPerMinute: rpm }),
    ...(settings.keepsRates && tpm !== undefined && { tokensPerMinute: tpm }),
    ...(calls !== undefined && { concurrentCalls: calls }),
  };
  return Object.keys(limits).length > 0 ? limits : undefined;
}

/**
 * Shares by weight, else by requests per minute, else by tokens per minute. A deployment without a value gets the
 * average.
 */
function weightsOf(drafts: readonly DeploymentDraft[]): readonly number[] {
  for (const key of ['weight', 'rpm', 'tpm'] as const) {
    const said = drafts.map((draft) => draft[key]).filter((value): value is number => value !== undefined && value > 0);
    if (said.length === 0) continue;
    const average = said.reduce((sum, value) => sum + value, 0) / said.length;
    return drafts.map((draft) => draft[key] || (key === 'weight' ? 1 : average));
  }
  return drafts.map(() => 1);
}

const PER_MILLION = 1_000_000;

function priceOf({ tokenPrices }: DeploymentDraft): PriceConfig | undefined {
  const entries = Object.entries(tokenPrices);
  if (entries.length === 0) return undefined;
  // A price of 0.00000015 times a million is 0.15, without floating-point noise.
  const dollars = entries.map(([key, value]) => [key, Number((value * PER_MILLION).toPrecision(12))]);
  return { input: 0, output: 0, ...(Object.fromEntries(dollars) as Partial<PriceConfig>) };
}

function infoOf(draft: DeploymentDraft, deployment: DeploymentDetails): ModelInfo {
  const { baseUrl, apiVersion } = deployment;
  return {
    model_name: draft.group ?? '',
    litellm_params: {
      model: draft.model,
      ...(baseUrl !== undefined && { api_base: withoutSecrets(baseUrl) }),
      ...(apiVersion !== undefined && { api_version: apiVersion }),
    },
    model_info: { ...draft.info, id: deployment.id, db_model: false },
  };
}

function withoutSecrets(address: string): string {
  if (!URL.canParse(address)) return address;
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}
