import type { UsageRecord } from '@portico/core';
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from '@portico/testing';
import { expect, onTestFinished } from 'vitest';
import { WIRES } from '../support/gateway-on.js';

/** What is asked of a gateway that somebody mounted badly. */
export const ASK = { model: 'chat', messages: [{ role: 'user', content: 'Hello' }] };

export const KEPT_NOTHING = expect.stringMatching(/consumed the body and did not keep it.*Mount the gateway before it/);
export const TAKEN_APART = expect.stringMatching(/consumed this form.*Mount the gateway before that parser/);

export function expectId(id: string): void {
  expect(id).toBe('of acme');
}

interface House {
  readonly config: {
    readonly models: { readonly chat: readonly [ReturnType<(typeof WIRES)['openai']>] };
    readonly anonymous: { readonly id: string };
    readonly onUsage: (record: UsageRecord) => void;
  };
  readonly provider: FakeProvider;
  readonly records: UsageRecord[];
}

export async function house(options: FakeProviderOptions = {}): Promise<House> {
  const provider = await startFakeProvider(options);
  onTestFinished(() => provider.close());
  const records: UsageRecord[] = [];
  const config = {
    models: { chat: [WIRES.openai(provider, 'well')] as const },
    anonymous: { id: 'visitor' },
    onUsage: (record: UsageRecord) => void records.push(record),
  };
  return { config, provider, records };
}

export async function ask(base: string, body: object = ASK, headers: Record<string, string> = {}) {
  const answer = await fetch(`${base}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}

export async function askWithForm(base: string) {
  const form = new FormData();
  form.set('model', 'chat');
  form.set('file', new File([new Uint8Array(1_000)], 'sound.wav'));
  const answer = await fetch(`${base}/v1/audio/transcriptions`, { method: 'POST', body: form });
  return { status: answer.status, text: await answer.text() };
}
