import { Inject } from '@nestjs/common';
import { LlmService } from './llm-service.js';

/** What Terminus expects of an indicator. */
export type LlmHealth = Record<string, { readonly status: 'up' | 'down'; readonly [fact: string]: unknown }>;

/**
 * For Terminus: `health.check([() => llm.isHealthy('llm')])`. Down as soon as the gateway closes. It calls no vendor:
 * that would cost money, and fallbacks exist for vendors that are down.
 */
export class LlmHealthIndicator {
  readonly #llm: LlmService;

  constructor(llm: LlmService) {
    this.#llm = llm;
  }

  isHealthy(key = 'llm'): LlmHealth {
    const { isClosing, modelNames, openCalls } = this.#llm.gateway;
    return { [key]: { status: isClosing ? 'down' : 'up', models: modelNames.length, openCalls } };
  }
}
Inject(LlmService)(LlmHealthIndicator, undefined, 0);
