import type { GatewayConfig, ModelConfig } from '@portico/core';
import type { FakeProvider, LoggedRequest } from '@portico/testing';
import type { LlmConfigOverride } from '../llm-config-override.js';
import type { NestHost } from '../nest-host.js';

/** The provider that plays every model of the application under test. */
export class FakeLlm implements LlmConfigOverride {
  readonly provider: FakeProvider;
  readonly #playedAs: Readonly<Record<string, string>>;

  constructor(provider: FakeProvider, playedAs: Readonly<Record<string, string>>) {
    this.provider = provider;
    this.#playedAs = playedAs;
  }

  /** The requests so far, oldest first: model, body, headers, and how each ended. */
  get requests(): readonly LoggedRequest[] {
    return this.provider.log.requests;
  }

  /** Every group keeps its name, limits, fallbacks and price; only the provider is replaced. */
  apply(config: GatewayConfig<NestHost>): GatewayConfig<NestHost> {
    const models = Object.entries(config.models).map(([name, group]) => [name, this.#played(name, group)]);
    return { ...config, models: Object.fromEntries(models) as typeof config.models };
  }

  #played(name: string, group: ModelConfig): ModelConfig {
    const deployment = {
      model: `openai/${this.#playedAs[name] ?? name}`,
      baseUrl: this.provider.url,
      apiKey: 'fake',
      // So that budgets can be tested, whatever price the real model has.
      price: { input: 1, output: 2 },
    };
    return typeof group === 'object' && 'deployments' in group ? { ...group, deployments: [deployment] } : [deployment];
  }

  async onApplicationShutdown(): Promise<void> {
    await this.provider.close();
  }
}
