import { createParamDecorator, type ExecutionContext, Inject, type PipeTransform } from '@nestjs/common';
import type { Principal as CallingPrincipal } from '@portico/core';
import { LlmService } from './llm-service.js';
import type { NestRequest } from './nest-host.js';

/**
 * Identifies the caller through the gateway. A pipe, because a parameter decorator alone has no access to the
 * container.
 */
class PrincipalPipe implements PipeTransform<ExecutionContext, Promise<CallingPrincipal | undefined>> {
  readonly #llm: LlmService;

  constructor(llm: LlmService) {
    this.#llm = llm;
  }

  transform(context: ExecutionContext): Promise<CallingPrincipal | undefined> {
    const http = context.switchToHttp();
    return this.#llm.principalOf({ req: http.getRequest<NestRequest>(), res: http.getResponse(), context });
  }
}
Inject(LlmService)(PrincipalPipe, undefined, 0);

const FromContext = createParamDecorator((_data: unknown, context: ExecutionContext) => context);

/**
 * For the host's own controllers: the principal that the gateway would charge for this request, undefined if unknown.
 * `@Get('usage') usage(@Principal() who: Principal | undefined) { … }`
 */
export function Principal(): ParameterDecorator {
  return FromContext(PrincipalPipe);
}

/** The type with the name of the decorator, so that one import is enough. */
export type Principal = CallingPrincipal;
