import type { DeploymentDetails, GatewayConfig } from '@portico/core';
import type { FakeProvider } from '@portico/testing';

/** The principal of every call that a test does not make as somebody in particular. */
export const ADA = { id: 'ada' } as const;

/** The credential that deployments show to the fake provider, and nobody else may ever see. */
export const UPSTREAM_KEY = 'sk-upstream-000000000000000000000000';

/** The same model of a fake provider, asked on each wire it speaks. */
export const WIRES = {
  openai: (provider, model) => deployment(`openai/${model}`, provider.url),
  anthropic: (provider, model) => deployment(`anthropic/${model}`, provider.origin),
  azure: (provider, model) => ({ ...deployment(`azure/${model}`, provider.origin), baseModel: 'gpt-4o' }),
} as const satisfies Record<string, (provider: FakeProvider, model: string) => DeploymentDetails>;

export type WireName = keyof typeof WIRES;

/** Everybody is Ada, and nobody waits long between two attempts. */
export const QUICK = {
  anonymous: ADA,
  retries: { maxRetries: 2, baseDelayMs: 5, maxDelayMs: 50 },
} as const satisfies Partial<GatewayConfig>;

/** One group, `chat`, of one healthy model. */
export function gatewayOn(provider: FakeProvider, wire: WireName = 'openai') {
  return { ...QUICK, models: { chat: [WIRES[wire](provider, 'well')] } } as const;
}

function deployment(model: string, baseUrl: string): DeploymentDetails {
  return { model, baseUrl, apiKey: UPSTREAM_KEY, price: { input: 1, output: 2 } };
}
