import type { DeploymentDetails, RetryPolicy } from '@portico/core';
import { each, ignored, type KeyRows, readKeys, refused, supported } from '../litellm/key-row.js';
import { countOf, mapOf, numberOf, textMapOf, textOf } from '../reading.js';
import type { ConfigNode, MapNode } from '../yaml/config-node.js';

const NO_GUARDRAILS = 'there is no such guardrail here, and calls would go through without it';
const NO_PRESETS = 'calls go out with what the client asks for: parameters are not preset here';

/** One node of Portkey's tree as it is being read: a target, or what chooses among targets. */
export interface PortkeyDraft {
  mode: string | undefined;
  conditions: ConfigNode | undefined;
  otherwise: ConfigNode | undefined;
  targets: ConfigNode | undefined;
  name: string | undefined;
  vendor: string | undefined;
  model: string | undefined;
  weight: number | undefined;
  retries: Partial<RetryPolicy> | undefined;
  timeoutMs: number | undefined;
  readonly details: { -readonly [K in keyof DeploymentDetails]?: DeploymentDetails[K] };
  readonly options: Record<string, string>;
}

/** A node begins with what the one around it says, where that does not hold for all below it anyway. */
export function draftPortkey(around: Pick<PortkeyDraft, 'timeoutMs' | 'model'> | undefined): PortkeyDraft {
  return {
    mode: undefined,
    conditions: undefined,
    otherwise: undefined,
    targets: undefined,
    name: undefined,
    vendor: undefined,
    model: around?.model,
    weight: undefined,
    retries: undefined,
    timeoutMs: around?.timeoutMs,
    details: {},
    options: {},
  };
}

const MODES = ['single', 'loadbalance', 'fallback', 'conditional'];

const STRATEGY_KEYS: KeyRows<PortkeyDraft> = {
  mode: supported('how one of the targets is chosen', textOf, (draft, mode) => {
    draft.mode = mode;
    if (MODES.includes(mode)) return undefined;
    return { verdict: 'refused', says: `there is no such mode: there are ${MODES.join(', ')}` };
  }),
  on_status_codes: ignored('which failures go on to the next target depends on their kind, for all alike'),
  conditions: supported(
    'what must be true of a call for a target; its metadata are those of the body',
    asItIs,
    (draft, conditions) => {
      draft.conditions = conditions;
    },
  ),
  default: supported('the target of all other calls', asItIs, (draft, otherwise) => {
    draft.otherwise = otherwise;
  }),
};

const RETRY_KEYS: KeyRows<PortkeyDraft> = {
  attempts: supported('attempts after the first', countOf, (draft, maxRetries) => {
    draft.retries = { ...draft.retries, maxRetries };
  }),
  on_status_codes: ignored('what is repeated depends on the kind of failure'),
  use_retry_after_header: supported('always so'),
};

/** What is laid over every request. */
const OVERRIDE_KEYS: KeyRows<PortkeyDraft> = {
  model: supported('the model', textOf, (draft, model) => {
    draft.model = model;
  }),
  max_tokens: supported('the longest answer: what is reserved from budgets', countOf, (draft, tokens) => {
    draft.details.maxOutputTokens = tokens;
  }),
};

/** A node of the tree; the whole file is one. */
export const NODE_KEYS: KeyRows<PortkeyDraft> = {
  strategy: below('read key by key', STRATEGY_KEYS),
  targets: supported('what is chosen from', asItIs, (draft, targets) => {
    draft.targets = targets;
  }),
  name: supported('what conditions call it', textOf, (draft, name) => {
    draft.name = name;
  }),
  weight: supported('its share of the calls', numberOf, (draft, weight) => {
    draft.weight = weight;
  }),
  provider: supported('the vendor', textOf, (draft, vendor) => {
    draft.vendor = vendor;
    if (!vendor.startsWith('@')) return undefined;
    return { verdict: 'refused', says: "the vendor is known to Portkey's servers alone: name it" };
  }),
  virtual_key: ignored("it is known to Portkey's servers alone: the vendor's own key is looked for in the environment"),
  api_key: supported('the credential', textOf, (draft, key) => {
    draft.details.apiKey = key;
  }),
  custom_host: supported("the vendor's address", textOf, (draft, address) => {
    draft.details.baseUrl = address;
  }),
  request_timeout: supported('milliseconds of silence before an answer', numberOf, (draft, timeoutMs) => {
    draft.timeoutMs = timeoutMs;
  }),
  retry: below('read key by key', RETRY_KEYS),
  override_params: below('laid over every request', OVERRIDE_KEYS, NO_PRESETS),
  default_params: below('used where a request says nothing', {}, NO_PRESETS),
  headers: supported('headers of every request', textMapOf, (draft, headers) => {
    draft.details.headers = headers;
  }),
  api_version: supported("the version of the vendor's interface", textOf, (draft, version) => {
    draft.details.apiVersion = version;
  }),
  openai_organization: option('organization', 'the organization that pays'),
  openai_project: option('project', 'the project that pays'),
  vertex_project_id: option('project', "the project's id"),
  vertex_region: option('location', 'the place'),
  cache: ignored('answers are not cached: every call asks a model'),
  forward_headers: ignored('no headers of clients are handed on'),
  metadata: ignored('calls are known by who makes them'),
  ...each(
    [
      'input_guardrails',
      'output_guardrails',
      'before_request_hooks',
      'after_request_hooks',
      'default_input_guardrails',
      'default_output_guardrails',
    ],
    refused(NO_GUARDRAILS),
  ),
  strict_open_ai_compliance: ignored('answers always have the shape of the interface that was asked'),
  ...each(['resource_name', 'deployment_id'], refused("say it by custom_host: the address of Azure's resource")),
};

function option(name: string, says: string): KeyRows<PortkeyDraft>[string] {
  return supported(says, textOf, (draft, value) => {
    draft.options[name] = value;
  });
}

/** A map whose keys are read into the same draft; `others` is said of those without a row. */
function below(says: string, rows: KeyRows<PortkeyDraft>, others?: string): KeyRows<PortkeyDraft>[string] {
  return supported<PortkeyDraft, MapNode>(says, mapOf, (draft, map, _node, reading) => {
    readKeys(inSnakeCase(map), rows, draft, reading, () =>
      others === undefined ? undefined : { verdict: 'ignored', says: others },
    );
  });
}

/** Portkey takes either spelling of a key. */
export function inSnakeCase(map: MapNode): MapNode {
  const spelled = <T>(entries: ReadonlyMap<string, T>) =>
    new Map(
      [...entries].map(([key, value]) => [
        key.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      ]),
    );
  return { ...map, entries: spelled(map.entries), keyPlaces: spelled(map.keyPlaces) };
}

function asItIs(node: ConfigNode): ConfigNode {
  return node;
}
