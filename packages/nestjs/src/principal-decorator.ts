import { createParamDecorator, type ExecutionContext, Inject, type PipeTransform } from '@nestjs/common';
import type { Principal as CallingPrincipal } from '@portico/core';
import { LlmService } from './llm-service.js';
import type { NestRequest } from './nest-host.js';

/** Asks the gateway who is calling. A pipe, because a parameter decorator alone is given nothing of the container. */
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
 * For the host's own controllers: the principal that the gateway would charge for this request, undefined for nobody.
 * `@Get('usage') usage(@Principal() who: Principal | undefined) { … }`
 */
export function Principal(): ParameterDecorator {
  return FromContext(PrincipalPipe);
}

/** The type beside the decorator of its name, so that one import serves both. */
export type Principal = CallingPrincipal;
