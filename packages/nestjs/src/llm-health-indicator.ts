import { Inject } from '@nestjs/common';
import { LlmService } from './llm-service.js';

/** What Terminus takes from an indicator. */
export type LlmHealth = Record<string, { readonly status: 'up' | 'down'; readonly [fact: string]: unknown }>;

/**
 * For Terminus: `health.check([() => llm.isHealthy('llm')])`. Down from the moment the gateway closes. It asks no vendor:
 * that would cost money, and a vendor that is away is what fallbacks are for.
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
