export { completion } from './completion.js';
export { countTokens, type TokenCount } from './count-tokens.js';
export { embedding } from './embedding.js';
export {
  APIConnectionError,
  AuthenticationError,
  BadRequestError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
  ServiceUnavailableError,
  Timeout,
} from './errors.js';
export { closeSdk, type SdkOptions } from './gateway-for.js';
export { completionCost, type ModelInfo, modelInfo, supports } from './models.js';
export { responses } from './responses.js';
