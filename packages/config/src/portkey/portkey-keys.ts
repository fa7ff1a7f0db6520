import type { DeploymentDetails, RetryPolicy } from '@portico/core';
import { each, ignored, type KeyRows, readKeys, refused, supported } from '../litellm/key-row.js';
import { countOf, mapOf, numberOf, textMapOf, textOf } from '../read-context.js';
import type { ConfigNode, MapNode } from '../yaml/config-node.js';

const NO_GUARDRAILS = 'this guardrail is not available, and calls would not be checked';
const NO_PRESETS = 'parameters are not preset here: calls use those of the client';

/** One node of Portkey's tree that is being read: a target, or a choice among targets. */
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

/** A node inherits the settings of the one around it, unless they apply to all below it anyway. */
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
    return { verdict: 'refused', message: `unknown mode. Supported: ${MODES.join(', ')}` };
  }),
  on_status_codes: ignored('the failures that lead to the next target are fixed by their kind'),
  conditions: supported(
    'the condition for a target; metadata is read from the body',
    unchanged,
    (draft, conditions) => {
      draft.conditions = conditions;
    },
  ),
  default: supported('the target of all other calls', unchanged, (draft, otherwise) => {
    draft.otherwise = otherwise;
  }),
};

const RETRY_KEYS: KeyRows<PortkeyDraft> = {
  attempts: supported('attempts after the first', countOf, (draft, maxRetries) => {
    draft.retries = { ...draft.retries, maxRetries };
  }),
  on_status_codes: ignored('which failures are retried depends on their kind'),
  use_retry_after_header: supported('always so'),
};

/** The values that override every request. */
const OVERRIDE_KEYS: KeyRows<PortkeyDraft> = {
  model: supported('the model', textOf, (draft, model) => {
    draft.model = model;
  }),
  max_tokens: supported('the longest output; budgets reserve this much', countOf, (draft, tokens) => {
    draft.details.maxOutputTokens = tokens;
  }),
};

/** A node of the tree; the whole file is one. */
export const NODE_KEYS: KeyRows<PortkeyDraft> = {
  strategy: below('read key by key', STRATEGY_KEYS),
  targets: supported('the targets to choose from', unchanged, (draft, targets) => {
    draft.targets = targets;
  }),
  name: supported('its name in conditions', textOf, (draft, name) => {
    draft.name = name;
  }),
  weight: supported('its share of the calls', numberOf, (draft, weight) => {
    draft.weight = weight;
  }),
  provider: supported('the vendor', textOf, (draft, vendor) => {
    draft.vendor = vendor;
    if (!vendor.startsWith('@')) return undefined;
    return { verdict: 'refused', message: "only Portkey's servers know this vendor: name it" };
  }),
  virtual_key: ignored("only Portkey's servers know it: the vendor's key is read from the environment"),
  api_key: supported('the credential', textOf, (draft, key) => {
    draft.details.apiKey = key;
  }),
  custom_host: supported("the vendor's base URL", textOf, (draft, address) => {
    draft.details.baseUrl = address;
  }),
  request_timeout: supported('milliseconds without data before an answer', numberOf, (draft, timeoutMs) => {
    draft.timeoutMs = timeoutMs;
  }),
  retry: below('read key by key', RETRY_KEYS),
  override_params: below('overrides every request', OVERRIDE_KEYS, NO_PRESETS),
  default_params: below('default values for requests', {}, NO_PRESETS),
  headers: supported('headers added to every request', textMapOf, (draft, headers) => {
    draft.details.headers = headers;
  }),
  api_version: supported("the version of the vendor's API", textOf, (draft, version) => {
    draft.details.apiVersion = version;
  }),
  openai_organization: option('organization', 'the organization that pays'),
  openai_project: option('project', 'the project that pays'),
  vertex_project_id: option('project', "the project's id"),
  vertex_region: option('location', 'the location'),
  cache: ignored('answers are not cached: every call is sent to a model'),
  forward_headers: ignored('client headers are not forwarded'),
  metadata: ignored('calls are identified by their caller'),
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
  strict_open_ai_compliance: ignored('answers always have the format of the requested API'),
  ...each(['resource_name', 'deployment_id'], refused('use custom_host: the URL of the Azure resource')),
};

function option(name: string, message: string): KeyRows<PortkeyDraft>[string] {
  return supported(message, textOf, (draft, value) => {
    draft.options[name] = value;
  });
}

/** A map whose keys are read into the same draft; `others` is the message for keys without a row. */
function below(message: string, rows: KeyRows<PortkeyDraft>, others?: string): KeyRows<PortkeyDraft>[string] {
  return supported<PortkeyDraft, MapNode>(message, mapOf, (draft, map, _node, reading) => {
    readKeys(inSnakeCase(map), rows, draft, reading, () =>
      others === undefined ? undefined : { verdict: 'ignored', message: others },
    );
  });
}

/** Portkey accepts either spelling of a key. */
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

function unchanged(node: ConfigNode): ConfigNode {
  return node;
}
