import type { GatewayConfig, ModelGroupConfig, Plugin } from '@portico/core';
import type { Provider } from '@portico/core/provider';
import { checkByCore } from '../check-by-core.js';
import type { Finding } from '../config-report.js';
import type { LoadedConfig } from '../loaded-config.js';
import { LITELLM_COMPAT } from '../read-compat.js';
import { itemsOf, mapOf, problem, type ReadContext, textMapOf } from '../read-context.js';
import { type ConfigNode, type MapNode, pathBelow } from '../yaml/config-node.js';
import { buildAccess } from './build-access.js';
import { type BuiltModels, buildModels, deadlinesOf, groupConfig } from './build-models.js';
import { type DeploymentDraft, draftSettings, type SettingsDraft } from './draft.js';
import { fallbacksOf, noSuchModel, readFallbacks, readTargets } from './fallback-lists.js';
import { includeFiles, type ReadIncluded } from './include-files.js';
import { judgeUnknownKey, type KeyRows, type KeyVerdict, readKeys } from './key-row.js';
import { readAliases } from './read-aliases.js';
import { readGuardrails, withMissingGuardrails } from './read-guardrails.js';
import { readCredentials, readDeployment } from './read-models.js';
import { sharedRedisOf } from './read-redis.js';
import { GENERAL_KEYS, LITELLM_SETTINGS_KEYS, ROUTER_KEYS, TOP_KEYS } from './settings-keys.js';
import { withWildcardVendors } from './wildcard-vendors.js';
import { type ModelNames, namesOf } from './wildcards.js';

/** What cannot be served: its entries, and the names of models that have no other. */
interface LeftOut {
  readonly entries: Set<string>;
  readonly names: Set<string>;
}

export interface LiteLlmContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly credentials: Readonly<Record<string, string | undefined>>;
  readonly plugins: Readonly<Record<string, Plugin>>;
  readonly providers: readonly Provider[];
  readonly readIncluded: ReadIncluded;
  readonly isCompatible: boolean;
}

type Found = Pick<ReadContext, 'problems' | 'findings'>;

/**
 * Reads LiteLLM's `config.yaml`. Findings and problems go into `found`. A deployment that cannot be served is left out,
 * as long as there is another one: it must not keep the others from being served.
 */
export function readLiteLlm(main: MapNode, around: LiteLlmContext, found: Found): Omit<LoadedConfig, 'report'> {
  const left: LeftOut = { entries: new Set(), names: new Set() };
  const toldOfLeft: Finding[] = [];
  for (;;) {
    const now: Found = { problems: [], findings: [] };
    const { loaded, drafts } = readOnce(main, around, now, left);
    const faulty = faultyEntries(now, left);
    const usable = drafts.filter(({ entry }) => !faulty.has(entryOf(entry) ?? ''));
    if (faulty.size === 0 || usable.length === 0) {
      found.problems.push(...now.problems);
      found.findings.push(...now.findings, ...toldOfLeft);
      return loaded;
    }
    toldOfLeft.push(...findingsOfEntries(now, faulty));
    for (const entry of faulty) left.entries.add(entry);
    const names = new Set(usable.map(({ group }) => group));
    for (const { group } of drafts) if (group !== undefined && !names.has(group)) left.names.add(group);
  }
}

/** The entries with a problem, or with a key that refuses them. */
function faultyEntries({ problems, findings }: Found, left: LeftOut): ReadonlySet<string> {
  const refused = findings.filter(({ verdict }) => verdict === 'refused');
  const entries = [...problems, ...refused].flatMap((told) => entryOf(told) ?? []);
  return new Set(entries.filter((entry) => MODEL_ENTRY.test(entry) && !left.entries.has(entry)));
}

const MODEL_ENTRY = / model_list\[\d+\]$/;

/** What was found in the entries, as the reasons for which they are left out. */
function findingsOfEntries({ problems, findings }: Found, entries: ReadonlySet<string>): readonly Finding[] {
  const isIn = (told: Pick<ConfigNode, 'place' | 'path'>) => entries.has(entryOf(told) ?? '');
  return [
    ...findings.filter(isIn).map((finding) => ({
      ...finding,
      ...(finding.verdict === 'refused' && { verdict: 'left out' as const }),
    })),
    ...problems.filter(isIn).map((told) => ({ ...told, verdict: 'left out' as const })),
  ];
}

function readOnce(
  main: MapNode,
  around: LiteLlmContext,
  found: Found,
  left: LeftOut,
): { readonly loaded: Omit<LoadedConfig, 'report'>; readonly drafts: readonly DeploymentDraft[] } {
  const before: ReadContext = { ...found, environment: around.environment };
  const file = includeFiles(main, around.readIncluded, before);
  const variables = file.entries.get('environment_variables');
  const fileEnvironment = variables === undefined ? {} : textMapOf(variables, before);
  const reading: ReadContext = { ...found, environment: { ...around.environment, ...fileEnvironment } };

  const settings = draftSettings(around.plugins, around.isCompatible);
  readKeys(file, TOP_KEYS, settings, reading, judgeUnknownTop);
  // router_settings come last: they take precedence over the same key in litellm_settings.
  readSection(file, 'litellm_settings', LITELLM_SETTINGS_KEYS, settings, reading, judgeUnknownSetting);
  readSection(file, 'router_settings', ROUTER_KEYS, settings, reading);
  readSection(file, 'general_settings', GENERAL_KEYS, settings, reading);
  readGuardrails(file.entries.get('guardrails'), settings, reading);
  readCredentials(listAt(file, 'credential_list', reading), settings, reading);
  const drafts = readModelList(file, settings, reading, left);

  if (settings.isCompatible) takeDefaults(settings);
  const all = withWildcardVendors(drafts, fileEnvironment, around);
  const built = buildModels(all, settings, fileEnvironment, around.providers, reading);
  const models = withFallbacks(built, settings, reading, left);
  const access = buildAccess(settings, reading);
  // In LiteLLM models may be fallbacks of each other, and in many files they are.
  const config: GatewayConfig = {
    models,
    allowFallbackCycles: true,
    ...withMissingGuardrails(settingsConfig(settings), settings),
    ...access.config,
  };
  if (built.groups.size > 0) {
    const faulty = new Set(reading.problems.map(entryOf));
    for (const { path, message } of checkByCore(config, around.providers, reading.environment)) {
      const origin = originOf(path, built, file);
      // A known problem of an entry is probably also the reason for the gateway's error about it.
      const entry = entryOf(origin);
      if (entry === undefined || !faulty.has(entry)) problem(reading, origin, translateMessage(message));
    }
  }
  const redis = sharedRedisOf(settings);
  const compat = settings.isCompatible ? { keyHeader: settings.keyHeader?.text.toLowerCase() } : undefined;
  const { guard, principal } = access;
  const { modelInfo } = built;
  const loaded = { config, guard, principal, compat, redis, modelInfo, accessGroups: accessGroupsOf(drafts) };
  return { loaded, drafts };
}

function readModelList(
  file: MapNode,
  settings: SettingsDraft,
  reading: ReadContext,
  left: LeftOut,
): readonly DeploymentDraft[] {
  const items = listAt(file, 'model_list', reading);
  if (items.length === 0)
    problem(reading, file.entries.get('model_list') ?? file, 'there is no model in "model_list".');
  const served = items.filter((item) => !left.entries.has(entryOf(item) ?? ''));
  return served.flatMap((item) => readDeployment(item, settings, reading) ?? []);
}

/** LiteLLM's defaults, where they differ from the gateway's. */
function takeDefaults({ timeouts, cooldowns }: SettingsDraft): void {
  timeouts.wholeMs ??= 6_000_000;
  cooldowns.failuresInARow ??= 4;
}

function readSection(
  file: MapNode,
  name: string,
  rows: KeyRows<SettingsDraft>,
  settings: SettingsDraft,
  reading: ReadContext,
  unknown?: (key: string, node: ConfigNode) => KeyVerdict | undefined,
): void {
  const node = file.entries.get(name);
  const section = node && mapOf(node, reading);
  if (section === undefined) return;
  readKeys(section, rows, settings, reading, (key, value) => unknown?.(key, value) ?? judgeUnknownKey(key, rows));
}

/** The place of YAML anchors; LiteLLM ignores it as well. */
function judgeUnknownTop(key: string, node: ConfigNode): KeyVerdict | undefined {
  if (node.hasAnchor !== true && !key.startsWith('x-')) return judgeUnknownKey(key, TOP_KEYS);
  return { verdict: 'supported', message: 'YAML anchors for other parts of the file' };
}

/** `openai_key`, `anthropic_key` and so on. */
function judgeUnknownSetting(key: string): KeyVerdict | undefined {
  if (!key.endsWith('_key')) return undefined;
  return { verdict: 'refused', message: 'credentials belong to a deployment: move it to litellm_params.api_key' };
}

function listAt(file: MapNode, key: string, reading: ReadContext): readonly ConfigNode[] {
  const node = file.entries.get(key);
  return node === undefined ? [] : itemsOf(node, reading);
}

/** Every name that clients may request, with its fallbacks. */
function withFallbacks(
  built: BuiltModels,
  settings: SettingsDraft,
  reading: ReadContext,
  left: LeftOut,
): Record<string, ModelGroupConfig> {
  const { groups, origins } = built;
  const asked = namesOf(built, left.names);
  for (const [name, { byKind, node }] of settings.retriesByModel) {
    const group = asked.has(name) ? groups.get(name) : undefined;
    if (asked.isLeftOut(name)) continue;
    if (group === undefined) problem(reading, node, noSuchModel(name, asked));
    else groups.set(name, { ...group, byKind });
  }
  const aliases = new Map([
    ...readAliases(settings.modelAliasMap, asked, reading),
    ...readAliases(settings.aliases, asked, reading),
  ]);
  const names: ModelNames = {
    all: [...asked.all, ...aliases.keys()],
    has: (name) => aliases.has(name) || asked.has(name),
    isLeftOut: asked.isLeftOut,
  };
  const general = readFallbacks(settings.fallbacks, names, reading);
  const context = readFallbacks(settings.contextFallbacks, names, reading);
  const content = readFallbacks(settings.contentFallbacks, names, reading);
  const usual = settings.defaultFallbacks && readTargets(settings.defaultFallbacks, names, reading);

  const models: Record<string, ModelGroupConfig> = {};
  for (const [name, group] of groups) models[name] = groupConfig(group, listsOf(name));
  for (const [alias, { model, node }] of aliases) {
    origins.set(pathBelow('models', alias), node);
    models[alias] = { route: model, ...listsOf(alias) };
  }
  return models;

  function listsOf(name: string) {
    const own = fallbacksOf(name, general);
    const fallbacks = own.length > 0 ? own : (usual ?? []).filter((target) => target !== name);
    return {
      fallbacks,
      contextFallbacks: context === undefined ? fallbacks : fallbacksOf(name, context),
      contentFallbacks: fallbacksOf(name, content),
    };
  }
}

/** The names of models by the groups that contain them. */
function accessGroupsOf(drafts: readonly DeploymentDraft[]): LoadedConfig['accessGroups'] {
  const members = new Map<string, Set<string>>();
  for (const { group, accessGroups } of drafts) {
    if (group === undefined) continue;
    for (const name of accessGroups) members.set(name, (members.get(name) ?? new Set()).add(group));
  }
  return Object.fromEntries([...members].map(([name, models]) => [name, [...models]]));
}

function settingsConfig(settings: SettingsDraft): Partial<GatewayConfig> {
  const { maxRetries, retriesByKind, baseDelayMs, cooldowns, maxBodyBytes, plugins, isCompatible } = settings;
  const deadlines = deadlinesOf(settings.timeouts);
  const retries = {
    ...(maxRetries !== undefined && { maxRetries }),
    ...(retriesByKind !== undefined && { byKind: retriesByKind }),
    ...(baseDelayMs !== undefined && { baseDelayMs, maxDelayMs: Math.max(baseDelayMs, USUAL_LONGEST_DELAY_MS) }),
  };
  return {
    ...(isCompatible && LITELLM_COMPAT),
    ...(Object.keys(retries).length > 0 && { retries }),
    ...(deadlines !== undefined && { deadlines: { ...deadlines, totalMs: deadlines.answerMs ?? USUAL_TOTAL_MS } }),
    ...(Object.keys(cooldowns).length > 0 && { cooldowns }),
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
    ...(plugins.size > 0 && { plugins: [...plugins] }),
  };
}

const USUAL_LONGEST_DELAY_MS = 8_000;
const USUAL_TOTAL_MS = 600_000;

/** The origin in the file of a path of the gateway's configuration, or of the nearest path above it. */
function originOf(path: string, built: BuiltModels, file: MapNode): ConfigNode {
  let best: ConfigNode = file;
  let length = -1;
  for (const [origin, node] of built.origins) {
    const isAbove = path === origin || path.startsWith(`${origin}.`) || path.startsWith(`${origin}[`);
    if (isAbove && origin.length > length) [best, length] = [node, origin.length];
  }
  return best;
}

/** The entry of `model_list` for a problem, if there is one. */
function entryOf({ place, path }: Pick<ConfigNode, 'place' | 'path'>): string | undefined {
  const entry = /^(?:model_list|credential_list)\[\d+\]/.exec(path)?.[0];
  return entry && `${place.file} ${entry}`;
}

const LITELLM_TERMS: Readonly<Record<string, string>> = {
  '"apiKey"': '"api_key"',
  '"apiVersion"': '"api_version"',
  '"baseModel"': '"base_model"',
  '"baseUrl"': '"api_base"',
  '"options.authToken"': 'an "authorization" header',
  'the option "project"': '"vertex_project"',
  'the option "region"': '"aws_region_name"',
  'the option "adToken" or "tokenProvider"': '"azure_ad_token"',
};

/** The gateway's error in the terms of the file. */
function translateMessage(message: string): string {
  return Object.entries(LITELLM_TERMS).reduce((text, [ours, theirs]) => text.replaceAll(ours, theirs), message);
}
