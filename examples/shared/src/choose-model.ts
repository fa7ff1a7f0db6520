import type { DeploymentConfig } from '@portico/core';
import { type FakeProvider, startFakeProvider } from '@portico/testing';

export interface ChosenModel {
  readonly deployment: DeploymentConfig;
  close(): Promise<void>;
}

/** A real model if there is a key for one, else a fake provider's. */
export async function chooseModel(given?: FakeProvider): Promise<ChosenModel> {
  const model = 'openai/gpt-4o-mini';
  const bounded = { model, maxOutputTokens: 2_000 };
  if (given === undefined && process.env.OPENAI_API_KEY) return { deployment: bounded, close: async () => undefined };
  const fake = given ?? (await startFakeProvider({ tokenDelayMs: 30 }));
  return {
    deployment: { ...bounded, baseUrl: fake.url, apiKey: 'fake' },
    // A provider that was passed in is closed by its owner.
    close: async () => (given === undefined ? fake.close() : undefined),
  };
}
