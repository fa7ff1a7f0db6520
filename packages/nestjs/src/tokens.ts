import { Inject, type InjectionToken } from '@nestjs/common';
import { LlmService } from './llm-service.js';

/** The token of a gateway's service: the class itself for the gateway without a name. */
export function getLlmToken<Name extends string = string>(name?: string): InjectionToken<LlmService<Name>> {
  return name === undefined ? LlmService : `portico:llm:${name}`;
}

/** Injects the `LlmService` of a gateway by its name, or of the one without. */
export function InjectLlm(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getLlmToken(name));
}
