import type { DeploymentDetails, Gateway, Principal, Transport, UsageRecord } from '@portico/core';
import { createGateway } from '../create-gateway.js';
import { undiciTransport } from '../undici-transport.js';

/** How a call is made, beside what is asked. */
export interface SdkOptions {
  /** Default: the vendor's usual environment variable. */
  readonly apiKey?: string;
  /** Default: the vendor's own. */
  readonly baseUrl?: string;
  /** Models to ask when this one cannot answer, in order; those of its vendor with the same key, at the same address. */
  readonly fallbacks?: readonly string[];
  /** Attempts after the first. Default 2. */
  readonly maxRetries?: number;
  /** Longest the call may take over all attempts. Default 600,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Gets what the call used and cost, once it is over. */
  readonly onUsage?: (record: UsageRecord) => void;
}

/** Who asks: everything in this process is one caller. */
const CALLER: Principal = { id: 'sdk' };

/** More models than any script asks. */
const MOST_GATEWAYS = 100;

const gateways = new Map<string, Gateway>();
let sockets: Transport | undefined;

/** A `fetch` to a gateway that has this model, made on first use and kept. Throws a `ConfigError` for a model that cannot be. */
export function fetchFor(model: string, options: SdkOptions): typeof fetch {
  const { apiKey, baseUrl, fallbacks = [], maxRetries, timeoutMs, onUsage } = options;
  const settings = JSON.stringify([model, apiKey, baseUrl, fallbacks, maxRetries, timeoutMs]);
  // One that tells somebody is that somebody's own.
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
    // A credential goes to the vendor it is for, and to no other.
    if (vendorOf(name) !== vendorOf(model)) return { model: name };
    return { model: name, ...(apiKey !== undefined && { apiKey }), ...(baseUrl !== undefined && { baseUrl }) };
  }
}

function vendorOf(model: string): string {
  return model.slice(0, model.indexOf('/'));
}

/** Lets go of the sockets that calls have left open; a script ends by itself without it once they have been idle. */
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
