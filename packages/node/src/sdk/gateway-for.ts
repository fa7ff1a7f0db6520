import type { DeploymentDetails, Gateway, Principal, UsageRecord } from '@portico/core';
import type { Transport } from '@portico/core/provider';
import { createGateway } from '../create-gateway.js';
import { undiciTransport } from '../undici-transport.js';

/** The options of a call. */
export interface SdkOptions {
  /** Default: the vendor's usual environment variable. */
  readonly apiKey?: string;
  /** Default: the vendor's own. */
  readonly baseUrl?: string;
  /** Models to try when this one cannot answer, in order; those of its vendor with the same key and URL. */
  readonly fallbacks?: readonly string[];
  /** Attempts after the first. Default 2. */
  readonly maxRetries?: number;
  /** Longest duration of the call over all attempts, in milliseconds. Default 600,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called with the usage and cost of the call, once it is over. */
  readonly onUsage?: (record: UsageRecord) => void;
}

/** The caller: everything in this process is one caller. */
const CALLER: Principal = { id: 'sdk' };

/** More models than any script uses. */
const MOST_GATEWAYS = 100;

const gateways = new Map<string, Gateway>();
let sockets: Transport | undefined;

/**
 * A `fetch` to a gateway with this model, created on first use and kept. Throws a `ConfigError` for an invalid model.
 */
export function fetchFor(model: string, options: SdkOptions): typeof fetch {
  const { apiKey, baseUrl, fallbacks = [], maxRetries, timeoutMs, onUsage } = options;
  const settings = JSON.stringify([model, apiKey, baseUrl, fallbacks, maxRetries, timeoutMs]);
  // A gateway with an `onUsage` of its own is not shared.
  const known = onUsage === undefined ? gateways.get(settings) : undefined;
  if (known !== undefined) return known.fetchAs(CALLER);
  const gateway = createGateway({
    models: Object.fromEntries(
      [model, ...fallbacks].map((name) => [
        name,
        { deployments: [deploymentOf(name)], ...(name === model && { fallbacks }) },
      ]),
    ),
    transport: sharedSockets(),
    ...(maxRetries !== undefined && { retries: { maxRetries } }),
    ...(timeoutMs !== undefined && { deadlines: { totalMs: timeoutMs } }),
    ...(onUsage !== undefined && { onUsage }),
  });
  if (onUsage === undefined) {
    if (gateways.size >= MOST_GATEWAYS) gateways.clear();
    gateways.set(settings, gateway);
  }
  return gateway.fetchAs(CALLER);

  function deploymentOf(name: string): DeploymentDetails {
    // A credential is sent to its own vendor only.
    if (vendorOf(name) !== vendorOf(model)) return { model: name };
    return { model: name, ...(apiKey !== undefined && { apiKey }), ...(baseUrl !== undefined && { baseUrl }) };
  }
}

function vendorOf(model: string): string {
  return model.slice(0, model.indexOf('/'));
}

/** Closes the sockets that calls have left open; without it, a script ends by itself once they have been idle. */
export async function closeSdk(): Promise<void> {
  gateways.clear();
  const open = sockets;
  sockets = undefined;
  await open?.close();
}

function sharedSockets(): Transport {
  sockets ??= undiciTransport();
  return sockets;
}
