import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggedRequest, ProviderLog } from './provider-log.js';

/**
 * Fails unless every answer of the provider has ended, allowing `withinMs` for those that are just ending (default
 * 250, the time in which a gateway must abort the upstream after a disconnect). Takes no longer than necessary.
 */
export async function expectNoOpenRequests(provider: { readonly log: ProviderLog }, withinMs = 250): Promise<void> {
  const giveUp = new AbortController();
  await Promise.race([
    provider.log.waitUntilQuiet(),
    sleep(withinMs, undefined, { signal: giveUp.signal }).catch(() => undefined),
  ]);
  giveUp.abort();
  if (provider.log.openResponses === 0) return;
  const open = provider.log.requests.filter((request) => request.outcome === 'open').map(nameOf);
  throw new Error(
    `After ${withinMs} ms still open at the provider: ${open.join(', ') || 'requests before the reset'}.`,
  );
}

/** Fails unless the provider was asked for exactly these models, in this order. */
export function expectRequestedModels(provider: { readonly log: ProviderLog }, ...models: readonly string[]): void {
  const asked = provider.log.requests.map((request) => request.model ?? request.path);
  if (asked.length === models.length && asked.every((model, at) => model === models[at])) return;
  throw new Error(`The provider was asked for [${asked.join(', ')}], not for [${models.join(', ')}].`);
}

function nameOf(request: LoggedRequest): string {
  return `${request.number} ${request.method} ${request.path} (${request.model ?? 'no model'})`;
}
