import { type DynamicModule, Module } from '@nestjs/common';
import { type FakeProviderOptions, startFakeProvider } from '@portico/testing';
import { LLM_DIVERSION } from '../llm-diversion.js';
import { FakeLlm } from './fake-llm.js';

export interface LlmTestingOptions extends FakeProviderOptions {
  /** What the provider is asked as, by the application's own model names: `{ fast: 'fault-f19' }` lets that model fail. */
  readonly playedAs?: Readonly<Record<string, string>>;
}

/**
 * Beside the module under test: `Test.createTestingModule({ imports: [AppModule, LlmTestingModule.forRoot()] })`. Every
 * gateway of the application then asks a fake provider in this process, over real sockets; no key is needed, and nothing
 * leaves the machine. `FakeLlm` can be injected, and tells what was asked.
 */
export class LlmTestingModule {
  static forRoot({ playedAs = {}, ...options }: LlmTestingOptions = {}): DynamicModule {
    return {
      module: LlmTestingModule,
      global: true,
      providers: [
        { provide: FakeLlm, useFactory: async () => new FakeLlm(await startFakeProvider(options), playedAs) },
        { provide: LLM_DIVERSION, useExisting: FakeLlm },
      ],
      exports: [FakeLlm, LLM_DIVERSION],
    };
  }
}
Module({})(LlmTestingModule);
