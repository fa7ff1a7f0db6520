import { type DynamicModule, Module } from '@nestjs/common';
import { type FakeProviderOptions, startFakeProvider } from '@portico/testing';
import { LLM_CONFIG_OVERRIDE } from '../llm-config-override.js';
import { FakeLlm } from './fake-llm.js';

export interface LlmTestingOptions extends FakeProviderOptions {
  /**
   * The names under which models are played, by the application's own model names: `{ fast: 'fault-f19' }` lets that
   * model fail.
   */
  readonly playedAs?: Readonly<Record<string, string>>;
}

/**
 * For tests: `Test.createTestingModule({ imports: [AppModule, LlmTestingModule.forRoot()] })`. Every gateway of the
 * application then calls a fake provider in this process, over real sockets; no key is needed, and nothing is sent to
 * the internet. `FakeLlm` can be injected, and has the requests.
 */
export class LlmTestingModule {
  static forRoot({ playedAs = {}, ...options }: LlmTestingOptions = {}): DynamicModule {
    return {
      module: LlmTestingModule,
      global: true,
      providers: [
        { provide: FakeLlm, useFactory: async () => new FakeLlm(await startFakeProvider(options), playedAs) },
        { provide: LLM_CONFIG_OVERRIDE, useExisting: FakeLlm },
      ],
      exports: [FakeLlm, LLM_CONFIG_OVERRIDE],
    };
  }
}
Module({})(LlmTestingModule);
