import { isJsonObject } from '../../encoding/json.js';
import { readFlag, readLimit, readModel } from '../../encoding/read-fields.js';
import type { FailureKind, GatewayError } from '../../errors.js';
import type { ErrorFormat, StreamFormat, UpstreamOperation } from '../../operation.js';
import { usageOfMessages } from '../../usage/usage-of-messages.js';
import { checkMessages } from '../shared/check-messages.js';
import { type InputSize, measureBody, measureInput, requiredCapabilitiesOf } from '../shared/measure-input.js';
import { namedEvents } from '../shared/named-events.js';

/** `{"type":"error","error":{…}}`, as the clients of the Messages API read it. */
const errors: ErrorFormat = {
  body: format,
  event: (error, requestId) => `event: error\ndata: ${format(error, requestId)}\n\n`,
};

const stream: StreamFormat = {
  ...namedEvents,
  // Its streams always report their usage, in events that are part of the answer.
  usageChunk: () => '{"type":"ping"}',
};

/** https://docs.claude.com/en/api/messages */
export const messages: UpstreamOperation = {
  kind: 'upstream',
  name: 'messages',
  method: 'POST',
  paths: ['/messages'],
  stream,
  errors,

  read(body) {
    const model = readModel(body);
    checkMessages(body.messages);
    const size = measureBody(body);
    return {
      model,
      stream: readFlag(body, 'stream'),
      wantsUsage: false,
      inputCharacters: size.characters,
      inputAttachments: size.attachments,
      maxOutputTokens: readLimit(body, 'max_tokens'),
      answers: 1,
      requiredCapabilities: requiredCapabilitiesOf(
        size,
        body,
        isJsonObject(body.output_config) ? body.output_config.format : undefined,
      ),
    };
  },

  usageOf: (answer) => usageOfMessages(answer.usage),

  outputCharactersOf(answer) {
    const size: InputSize = { characters: 0, attachments: 0 };
    measureInput(answer.content, size, 'content');
    return size.characters;
  },
};

/** The API's own error types, by ours; all others are `api_error`. */
const TYPES: Partial<Readonly<Record<FailureKind, string>>> = {
  rate_limited: 'rate_limit_error',
  over_rate_limit: 'rate_limit_error',
  quota_exhausted: 'billing_error',
  over_budget: 'billing_error',
  overloaded: 'overloaded_error',
  unavailable: 'overloaded_error',
  timeout: 'timeout_error',
  context_too_long: 'invalid_request_error',
  content_filtered: 'invalid_request_error',
  invalid_input: 'invalid_request_error',
  unsupported_media_type: 'invalid_request_error',
  method_not_allowed: 'invalid_request_error',
  request_timeout: 'timeout_error',
  client_closed: 'invalid_request_error',
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  not_found: 'not_found_error',
  model_not_found: 'not_found_error',
  upstream_model_not_found: 'not_found_error',
  too_large: 'request_too_large',
};

function format(error: GatewayError, requestId: string): string {
  const { message, kind, code } = error;
  const reported = { type: TYPES[kind] ?? 'api_error', message, code, kind, param: error.param ?? null };
  return JSON.stringify({ type: 'error', error: reported, request_id: requestId });
}
