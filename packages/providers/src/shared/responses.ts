import { isJsonObject, type JsonObject } from '@portico/core';
import {
  BRIDGED_REASONING,
  type Codec,
  type StreamDecoder,
  type StreamSink,
  usageOfAnswer,
} from '@portico/core/provider';
import { type ClassifyRules, classifyOpenAiError } from './classify-openai-error.js';
import { errorInside } from './error-inside.js';
import { parseJson } from './parse-json.js';
import { modelAs, type WireRules } from './pass-through.js';

/**
 * The Responses API at upstreams that have it: passes through except for the model name and other vendors' reasoning.
 * `findsItems`: an item of reasoning may stand for one that the vendor stored under its id, as at OpenAI.
 */
export function responsesCodec(
  vendor: ClassifyRules,
  { modelPrefix }: Pick<WireRules, 'modelPrefix'> = {},
  storesResponses = false,
  findsItems = false,
): Codec {
  return {
    ...(storesResponses && { storesResponses }),
    encode(request, target) {
      const { input } = request;
      const body: JsonObject = { ...request, model: modelAs(target.model, modelPrefix) };
      if (!Array.isArray(input)) return body;
      const isLost = (item: unknown) => isForeign(item) || (findsItems && isUnknown(item, request.store !== false));
      if (input.some(isLost)) body.input = input.filter((item) => !isLost(item));
      return body;
    },
    openStream: () => new ResponseDecoder(vendor),
  };
}

/** Reasoning of another vendor, which the gateway encoded earlier in the conversation. */
function isForeign(item: unknown): boolean {
  if (!isJsonObject(item) || item.type !== 'reasoning') return false;
  return typeof item.encrypted_content === 'string' && item.encrypted_content.startsWith(BRIDGED_REASONING);
}

/**
 * Reasoning that OpenAI would look for among stored items and not find (404): its content is not in the item, and
 * nothing was stored, or the id is none of OpenAI's: the gateway or another vendor made it.
 */
function isUnknown(item: unknown, isStored: boolean): boolean {
  if (!isJsonObject(item) || item.type !== 'reasoning') return false;
  if (typeof item.encrypted_content === 'string' && item.encrypted_content !== '') return false;
  return !isStored || typeof item.id !== 'string' || !OPENAI_ID.test(item.id);
}

const OPENAI_ID = /^rs_[0-9a-f]{32,}$/;

/** Events that end an answer successfully, or at its output limit. */
const LAST_EVENTS: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete']);

class ResponseDecoder implements StreamDecoder {
  readonly #vendor: ClassifyRules;
  #over = false;

  constructor(vendor: ClassifyRules) {
    this.#vendor = vendor;
  }

  event(data: string, name: string | undefined, out: StreamSink): void {
    if (this.#over || data === '' || data.startsWith('[DONE]')) return;
    const event = parseJson(data);
    if (!isJsonObject(event)) return out.malformed();
    const type = event.type ?? name;
    const response = isJsonObject(event.response) ? event.response : undefined;
    if (type === 'error' || type === 'response.failed') {
      this.#over = true;
      return out.fail(failureOf(response?.error ?? event.error ?? event, this.#vendor));
    }
    const { delta } = event;
    if (typeof delta === 'string') out.produced(delta.length);
    const isLast = LAST_EVENTS.has(type);
    if (isLast) {
      const usage = usageOfAnswer(response?.usage);
      if (usage !== undefined) out.usage(usage, data);
    }
    out.chunk(data, isLast || typeof delta === 'string' || type === 'response.output_item.done');
    if (!isLast) return;
    this.#over = true;
    out.done();
  }

  // Without its last event a response is not complete.
  end(): void {}
}

function failureOf(error: unknown, vendor: ClassifyRules) {
  const body = { error: isJsonObject(error) ? error : { message: 'The response failed without a reason.' } };
  return classifyOpenAiError(errorInside(body, ''), vendor);
}
