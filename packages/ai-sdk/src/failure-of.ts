import {
  AISDKError,
  APICallError,
  InvalidArgumentError,
  InvalidPromptError,
  LoadAPIKeyError,
  LoadSettingError,
  NoSuchModelError,
  TooManyEmbeddingValuesForCallError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import { GatewayError } from '@portico/core';
import type { Provider } from '@portico/core/provider';

/** The kind of a model's failure. A response of its vendor is classified like that of any vendor. */
export function failureOf(error: unknown, classify: Provider['classify']): GatewayError {
  if (error instanceof GatewayError) return error;
  if (APICallError.isInstance(error)) return answered(error, classify);
  // Errors of the AI SDK contain prompts and answers, which must not be logged.
  const cause = AISDKError.isInstance(error) ? error.name : error;
  if (UnsupportedFunctionalityError.isInstance(error)) {
    const message = `The model does not support this: ${error.functionality.slice(0, 100)}.`;
    return new GatewayError('invalid_input', message, { code: 'unsupported_parameter', cause });
  }
  if (REQUESTS.some((one) => one.isInstance(error))) {
    return new GatewayError('invalid_input', 'The model does not accept this request.', { cause });
  }
  if (LoadAPIKeyError.isInstance(error) || LoadSettingError.isInstance(error)) {
    return new GatewayError('unauthorized_upstream', 'The model has no credential.', { cause });
  }
  if (NoSuchModelError.isInstance(error)) {
    return new GatewayError('upstream_model_not_found', 'There is no such model.', { about: 'model', cause });
  }
  return new GatewayError('upstream_error', 'The model failed.', { cause });
}

const REQUESTS = [InvalidPromptError, InvalidArgumentError, TooManyEmbeddingValuesForCallError];

function answered(error: APICallError, classify: Provider['classify']): GatewayError {
  const { statusCode, responseHeaders = {}, responseBody = '' } = error;
  if (statusCode === undefined) {
    return new GatewayError('network', 'The upstream could not be reached.', {
      cause: error.cause,
      retryable: error.isRetryable,
    });
  }
  if (statusCode < 300) {
    return new GatewayError('upstream_error', 'The upstream sent a response that the AI SDK could not read.', {
      cause: error.name,
      upstreamStatus: statusCode,
    });
  }
  const headers = new Map(Object.entries(responseHeaders).map(([name, value]) => [name.toLowerCase(), value]));
  return classify({ status: statusCode, headers, body: parsed(responseBody), text: responseBody });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
