import type { Complaint, StrictVendorDefinition } from './strict-rule.js';

type ErrorBody = StrictVendorDefinition['errorBody'];

/** OpenAI's: an `error` object with four fields. */
export const openAiError: ErrorBody = ({ message, type = 'invalid_request_error', param, code }) => ({
  error: { message, type, param: param ?? null, code: code ?? null },
});

/** Of vendors that copy OpenAI's without its last two fields. */
export const shortError: ErrorBody = ({ message, type = 'invalid_request_error' }) => ({ error: { message, type } });

/** Anthropic's. */
export const anthropicError: ErrorBody = ({ message, type = 'invalid_request_error' }) => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_strict',
});

/** Google's. */
export const googleError: ErrorBody = ({ message, status = 400 }) => ({
  error: { code: status, message, status: status === 404 ? 'NOT_FOUND' : 'INVALID_ARGUMENT' },
});

/** Amazon's and Cohere's: a message and nothing else. */
export const messageOnly: ErrorBody = ({ message }) => ({ message });

/** vLLM's, whose code is the status. */
export const vllmError: ErrorBody = ({ message, param, status = 400 }) => ({
  error: { message, type: 'BadRequestError', param: param ?? null, code: status },
});

/** An error body by the wire that was asked. */
export function byWire(chat: ErrorBody, messages: ErrorBody): ErrorBody {
  return (complaint: Complaint, wire) => (wire === 'messages' ? messages(complaint, wire) : chat(complaint, wire));
}
