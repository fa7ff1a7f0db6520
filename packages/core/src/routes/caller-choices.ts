import type { Call } from '../call.js';
import type { Deployment } from '../deployment.js';
import { isJsonObject, type JsonObject } from '../encoding/json.js';
import type { Operation, UpstreamOperationName } from '../operation.js';

type AskedCall = Pick<Call<unknown, Operation>, 'body' | 'headers' | 'operation'>;

/** What a request holds that an upstream may refuse for reasons which have nothing to do with the deployment. */
export interface CallerChoices {
  /** It names something that has to exist and to be allowed: a file, a conversation, a voice, or what is not known here. */
  readonly names: boolean;
  /** It has the upstream look something up or fetch something from elsewhere, which may be slow or broken. */
  readonly reaches: boolean;
  /** Models that it names beside the one it asks: that of a tool, of a fallback. */
  readonly models: readonly string[];
}

/** Whether it is one of the endpoints at which nearly all models that write are asked. */
export function isChat({ name }: Pick<Operation, 'name'>): boolean {
  return name === 'chat.completions' || name === 'messages' || name === 'responses';
}

/** Whether the caller chose a service tier, a speed or another lane, with limits and capacity of its own. */
export function asksForTier(call: AskedCall, deployment: Deployment): boolean {
  const { body } = call;
  return (
    TIER_FIELDS.some((field) => {
      const value = body[field];
      if (value === undefined || value === null || (field === 'speed' && typeof value === 'number')) return false;
      return !(typeof value === 'string' && USUAL_TIERS.has(value));
    }) || chosenHeaders(call, deployment).some((value) => TIER_WORDS.test(value))
  );
}

/** The values of the headers that are sent because the caller sent them. */
function chosenHeaders({ headers, operation }: AskedCall, { codecs, connection }: Deployment): readonly string[] {
  const own = connection.headers;
  const sent = codecs[operation.name as UpstreamOperationName]?.headers?.(own, headers) ?? own;
  return sent === own ? [] : Object.keys(sent).flatMap((name) => (sent[name] === own[name] ? [] : (sent[name] ?? [])));
}

const TIER_FIELDS = [
  'service_tier',
  'serviceTier',
  'speed',
  'priority',
  'performanceConfig',
  'performance_config',
  'inference_geo',
  'provider',
  'route',
  'models',
] as const;
const USUAL_TIERS: ReadonlySet<string> = new Set(['', 'auto', 'default', 'standard', 'standard_only', 'on_demand']);
/** What is said in headers, and counted against limits of its own. */
const TIER_WORDS = /context-1m|fast-mode|priority/;

/** Reads what a request holds; to be called for failures only, since it looks at all of it. */
export function choicesOf(call: AskedCall, deployment: Deployment): CallerChoices {
  const { body, operation } = call;
  const found = new Found(operation.name.startsWith('responses'));
  if (chosenHeaders(call, deployment).length > 0) found.names = true;
  for (const [field, value] of Object.entries(body)) {
    if (value === undefined || value === null || FREE_FORM.has(field)) continue;
    if (field === 'models') found.model(value);
    if (PLAIN_FIELDS.has(field)) found.walk(value, field, 0);
    // A field that is not known to be plain is taken for one that can be refused.
    else found.name(field);
  }
  return found;
}

/** Values of more depth or number are not looked at: such a request is taken for one that names something. */
const MAX_DEPTH = 64;
const MAX_VALUES = 100_000;

class Found implements CallerChoices {
  names = false;
  reaches = false;
  readonly models: string[] = [];
  /** Items of a conversation are looked up by their ids; elsewhere ids only tie a result to its call. */
  readonly #idsCount: boolean;
  #left = MAX_VALUES;

  constructor(idsCount: boolean) {
    this.#idsCount = idsCount;
  }

  name(field: string): void {
    this.names = true;
    if (!NAMES_ONLY.has(field)) this.reaches = true;
  }

  model(value: unknown): void {
    if (typeof value === 'string') this.models.push(value);
    else if (Array.isArray(value)) for (const each of value as unknown[]) this.model(each);
  }

  walk(value: unknown, key: string, depth: number): void {
    if (typeof value === 'string' && ADDRESS.test(value)) return this.name(key);
    if (typeof value !== 'object' || value === null) return;
    this.#left -= 1;
    if (depth > MAX_DEPTH || this.#left < 0) return this.name(key);
    if (Array.isArray(value)) for (const each of value as unknown[]) this.walk(each, key, depth + 1);
    else if (isJsonObject(value)) this.#walkFields(value, key, depth);
  }

  #walkFields(value: JsonObject, parent: string, depth: number): void {
    for (const [key, inner] of Object.entries(value)) {
      if (inner === undefined || inner === null || FREE_FORM.has(key)) continue;
      if (key === 'input' && value.type === 'tool_use') continue;
      if (key === 'model' || key === 'models') this.model(inner);
      else if (this.#isReference(key, parent) && !isInline(inner)) this.name(key);
      this.walk(inner, key, depth + 1);
    }
  }

  #isReference(key: string, parent: string): boolean {
    if (key === 'id') return this.#idsCount || parent === 'audio' || parent === 'voice';
    return REFERENCE.test(key) && !CALL_IDS.has(key);
  }
}

/** What holds the data itself, or is described further inside. */
function isInline(value: unknown): boolean {
  return typeof value === 'string' ? value.startsWith('data:') : isJsonObject(value);
}

/** A text that is nothing but an address. */
const ADDRESS = /^(?:https?|gs|s3):\/\/\S+$/i;
const REFERENCE =
  /(?:^|_)(?:ids?|ur[il]s?|arns?)$|[a-z](?:Ids?|Ur[il]s?|Arns?|Identifier)$|^(?:container|voice|conversation)$/;
/** They tie the result of a tool to its call, and nobody looks them up. */
const CALL_IDS: ReadonlySet<string> = new Set(['call_id', 'tool_call_id', 'tool_use_id', 'toolCallId', 'toolUseId']);
const NAMES_ONLY: ReadonlySet<string> = new Set(['voice']);

/** What a caller writes freely in them is neither read nor looked up by anybody. */
const FREE_FORM: ReadonlySet<string> = new Set(
  'metadata parameters input_schema inputSchema schema json_schema arguments properties'.split(' '),
);

/** Fields of all endpoints that name nothing by themselves; what they hold is looked at. */
const PLAIN_FIELDS: ReadonlySet<string> = new Set(
  [
    'model stream stream_options user metadata store n seed stop temperature top_p top_k min_p',
    'max_tokens max_completion_tokens max_output_tokens max_tool_calls stop_sequences response_format',
    'messages system input instructions prompt suffix tools tool_choice parallel_tool_calls functions function_call',
    'frequency_penalty presence_penalty repetition_penalty logit_bias logprobs top_logprobs echo best_of',
    'reasoning reasoning_effort thinking verbosity text include truncation background modalities audio prediction',
    'prompt_cache_key prompt_cache_retention safety_identifier client_metadata web_search_options cache_control',
    'context_management output_config output_format service_tier serviceTier',
    'dimensions encoding_format input_type query documents top_n return_documents max_tokens_per_doc',
    'size quality style background output_compression moderation partial_images input_fidelity image images mask',
    'file language speed timestamp_granularities timestamp_granularities[] include[] stream_format chunking_strategy',
  ].flatMap((line) => line.split(' ')),
);
