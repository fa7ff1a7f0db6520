export * from '@portico/node/app';
export { LlmExceptionFilter } from './exception-filters.js';
export {
  type HookToken,
  LlmAuthenticator,
  type LlmAuthenticatorHook,
  LlmAuthorizer,
  type LlmAuthorizerHook,
  type LlmHookTokens,
  LlmInterceptor,
  type LlmInterceptorHook,
  LlmObserver,
  LlmSink,
} from './hooks.js';
export { type LlmHealth, LlmHealthIndicator } from './llm-health-indicator.js';
export { LlmModule } from './llm-module.js';
export type { LlmAsyncOptions, LlmModuleExtras, LlmOptions, LlmOptionsFactory } from './llm-options.js';
export { type LlmCallOptions, LlmService } from './llm-service.js';
export type { NestHost, NestRequest } from './nest-host.js';
export { Principal } from './principal-decorator.js';
export { getLlmToken, InjectLlm } from './tokens.js';
