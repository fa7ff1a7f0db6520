import type { DeploymentConfig } from '@portico/express';
import { type FakeProvider, startFakeProvider } from '@portico/testing';
import { rehearsedReply } from './rehearsed-answers.js';

/** Who answers. */
export interface Vendors {
  readonly fast: DeploymentConfig;
  readonly smart: DeploymentConfig;
  /** The same for people: `openai/gpt-4o-mini`. */
  readonly names: { readonly fast: string; readonly smart: string };
  /** Why no real model answers; undefined if one does. */
  readonly fakeNotice: string | undefined;
  close(): Promise<void>;
}

/** Takes the vendors whose keys are in the environment, or a fake provider that plays them where there are none. */
export async function chooseVendors(fakeProvider?: FakeProvider): Promise<Vendors> {
  const { OPENAI_API_KEY, ANTHROPIC_API_KEY } = process.env;
  if (fakeProvider === undefined && (OPENAI_API_KEY || ANTHROPIC_API_KEY)) {
    const fast = OPENAI_API_KEY ? 'openai/gpt-4o-mini' : 'anthropic/claude-haiku-4-5';
    const smart = ANTHROPIC_API_KEY ? 'anthropic/claude-sonnet-4-5' : 'openai/gpt-4o';
    const names = { fast, smart };
    return { fast: bounded(fast), smart: bounded(smart), names, fakeNotice: undefined, close: async () => undefined };
  }

  const fake = fakeProvider ?? (await startFakeProvider({ tokenDelayMs: 30, reply: rehearsedReply }));
  const names = { fast: 'openai/gpt-4o-mini', smart: 'anthropic/claude-sonnet-4-5' };
  return {
    fast: { ...bounded(names.fast), baseUrl: fake.url, apiKey: 'fake' },
    smart: { ...bounded(names.smart), baseUrl: fake.origin, apiKey: 'fake' },
    names,
    fakeNotice:
      'No OPENAI_API_KEY or ANTHROPIC_API_KEY is set, so a fake provider plays the models. ' +
      'Nothing leaves this machine, and the dollars are make-believe.',
    // A provider that was handed in belongs to whoever started it.
    close: async () => (fakeProvider ? undefined : fake.close()),
  };
}

/** A budget reserves what an answer may cost at most, so short budgets want short answers. */
function bounded(model: string) {
  return { model, maxOutputTokens: 4_096 };
}
