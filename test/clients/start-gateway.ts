import type { DeploymentDetails, UsageRecord } from '@portico/core';
import {
  type FakeProviderOptions,
  type RecordedCase,
  readCase,
  startFakeProvider,
  startReplayProvider,
} from '@portico/testing';
import { onTestFinished } from 'vitest';
import { QUICK, UPSTREAM_KEY, WIRES } from '../support/gateway-on.js';
import { MOUNTS, type Mounted } from '../support/mounts.js';

/** What the model behind the gateway speaks. OpenAI itself has the Responses API too; who is said to speak chat has not. */
export const SPOKEN = ['anthropic', 'chat'] as const;
export type Spoken = (typeof SPOKEN)[number];

export interface GatewayForClients extends Mounted {
  /** Of its mount: where clients of the Messages wire begin. */
  readonly origin: string;
  /** What was recorded, once everything asked is settled; nothing can be asked any more. */
  records(): Promise<readonly UsageRecord[]>;
}

/** An Express app whose gateway has one group, of a model that speaks so; all of it ends with the test. */
export async function startGateway(
  spoken: Spoken,
  options: FakeProviderOptions = {},
  { model = 'well', group = 'chat' } = {},
) {
  const provider = await startFakeProvider(options);
  onTestFinished(() => provider.close());
  const { anthropic, openai } = WIRES;
  const deployment =
    spoken === 'anthropic'
      ? anthropic(provider, model)
      : { ...openai(provider, model), model: `custom_openai/${model}` };
  return { ...(await mount({ [group]: deployment })), provider };
}

/** The same of models that answer as vendors once did: one group for each recorded case, named by its id. */
export async function startRecorded(fixtures: string, ids: readonly string[]): Promise<GatewayForClients> {
  const replay = await startReplayProvider({ fixtures, chunking: 'random', seed: 7 });
  onTestFinished(() => replay.close());
  return mount(Object.fromEntries(ids.map((id) => [id, deploymentOf(readCase(fixtures, id), replay.caseUrl(id))])));
}

/** APIs that share a version in their addresses, which is a part of the base URL there. */
const VERSIONED: ReadonlySet<string> = new Set(['openai', 'deepseek']);

function deploymentOf({ provider, model }: RecordedCase, url: string): DeploymentDetails {
  const baseUrl = VERSIONED.has(provider) ? `${url}/v1` : url;
  return { model: `${provider}/${model ?? 'unnamed'}`, baseUrl, apiKey: UPSTREAM_KEY, price: { input: 1, output: 2 } };
}

async function mount(models: Readonly<Record<string, DeploymentDetails>>): Promise<GatewayForClients> {
  const ledger: UsageRecord[] = [];
  const mounted = await MOUNTS['Express 5']({
    ...QUICK,
    retries: { maxRetries: 0 },
    models: Object.fromEntries(Object.entries(models).map(([group, deployment]) => [group, [deployment]])),
    onUsage: (record) => void ledger.push(record),
  });
  onTestFinished(() => mounted.close());
  return {
    ...mounted,
    origin: mounted.baseUrl.replace(/\/v1$/, ''),
    async records() {
      await mounted.gateway.close();
      return ledger;
    },
  };
}
