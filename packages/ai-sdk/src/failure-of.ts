import {
  APICallError,
  InvalidArgumentError,
  InvalidPromptError,
  LoadAPIKeyError,
  LoadSettingError,
  NoSuchModelError,
  TooManyEmbeddingValuesForCallError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import { GatewayError, type Provider } from '@portico/core';

/** Which of our kinds a model's failure is. What the vendor behind it answered is judged as any vendor's answer. */
export function failureOf(error: unknown, classify: Provider['classify']): GatewayError {
  if (error instanceof GatewayError) return error;
  if (APICallError.isInstance(error)) return answered(error, classify);
  if (UnsupportedFunctionalityError.isInstance(error)) {
    const message = `The model cannot do what was asked of it: ${error.functionality}.`;
    return new GatewayError('invalid_input', message, { code: 'unsupported_parameter', cause: error });
  }
  if (REQUESTS.some((one) => one.isInstance(error))) {
    return new GatewayError('invalid_input', 'The model does not take this request.', { cause: error });
  }
  if (LoadAPIKeyError.isInstance(error) || LoadSettingError.isInstance(error)) {
    return new GatewayError('unauthorized_upstream', 'The model has no credential.', { cause: error });
  }
  if (NoSuchModelError.isInstance(error)) {
    return new GatewayError('upstream_model_not_found', 'There is no such model.', { cause: error });
  }
  return new GatewayError('upstream_error', 'The model failed.', { cause: error });
}

const REQUESTS = [InvalidPromptError, InvalidArgumentError, TooManyEmbeddingValuesForCallError];

function answered(error: APICallError, classify: Provider['classify']): GatewayError {
  const { statusCode, responseHeaders = {}, responseBody = '' } = error;
  if (statusCode === undefined) {
    return new GatewayError('network', 'The upstream could not be reached.', {
      cause: error,
      retryable: error.isRetryable,
    });
  }
  if (statusCode < 300) {
    return new GatewayError('upstream_error', 'The upstream answered with what the model could not read.', {
      cause: error,
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
