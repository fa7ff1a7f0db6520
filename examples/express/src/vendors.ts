import type { DeploymentConfig } from '@portico/express';
import { type FakeProvider, startFakeProvider } from '@portico/testing';
import { preparedReply } from './prepared-answers.js';

/** The models and their vendors. */
export interface Vendors {
  readonly fast: DeploymentConfig;
  readonly smart: DeploymentConfig;
  /** The same for display: `openai/gpt-4o-mini`. */
  readonly names: { readonly fast: string; readonly smart: string };
  /** Why no real model answers; undefined if one does. */
  readonly fakeNotice: string | undefined;
  close(): Promise<void>;
}

/** Uses the vendors whose keys are in the environment, or a fake provider if there are none. */
export async function chooseVendors(fakeProvider?: FakeProvider): Promise<Vendors> {
  const { OPENAI_API_KEY, ANTHROPIC_API_KEY } = process.env;
  if (fakeProvider === undefined && (OPENAI_API_KEY || ANTHROPIC_API_KEY)) {
    const fast = OPENAI_API_KEY ? 'openai/gpt-4o-mini' : 'anthropic/claude-haiku-4-5';
    const smart = ANTHROPIC_API_KEY ? 'anthropic/claude-sonnet-4-5' : 'openai/gpt-4o';
    const names = { fast, smart };
    return { fast: bounded(fast), smart: bounded(smart), names, fakeNotice: undefined, close: async () => undefined };
  }

  const fake = fakeProvider ?? (await startFakeProvider({ tokenDelayMs: 30, reply: preparedReply }));
  const names = { fast: 'openai/gpt-4o-mini', smart: 'anthropic/claude-sonnet-4-5' };
  return {
    fast: { ...bounded(names.fast), baseUrl: fake.url, apiKey: 'fake' },
    smart: { ...bounded(names.smart), baseUrl: fake.origin, apiKey: 'fake' },
    names,
    fakeNotice:
      'No OPENAI_API_KEY or ANTHROPIC_API_KEY is set, so a fake provider plays the models. ' +
      'Nothing is sent to the internet, and the costs are not real.',
    // A provider that was passed in is closed by its owner.
    close: async () => (fakeProvider ? undefined : fake.close()),
  };
}

/** A budget reserves the highest possible cost of an answer, so small budgets need short answers. */
function bounded(model: string) {
  return { model, maxOutputTokens: 4_096 };
}
