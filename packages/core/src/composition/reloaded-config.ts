import type { ConfigProblem } from '../config-error.js';
import { type GatewayConfig, LASTING_SETTINGS, type ReloadableConfig } from '../gateway-config.js';
import { reveal } from '../secret.js';

/** The next configuration, with what lasts of the first; and the problems where it wants something else to last. */
export function reloadedConfig<Host, Name extends string>(
  next: ReloadableConfig,
  first: GatewayConfig<Host, Name>,
): { readonly whole: GatewayConfig<Host>; readonly problems: readonly ConfigProblem[] } {
  const lasting: Readonly<Record<string, unknown>> = Object.fromEntries(
    LASTING_SETTINGS.flatMap((key) => (first[key] === undefined ? [] : [[key, first[key]]])),
  );
  const given = next as GatewayConfig<Host>; // whoever spreads the first configuration into the next gives all of it
  const changed = LASTING_SETTINGS.filter((key) => given[key] !== undefined && !isSame(key, given, first));
  const message = 'lasts as long as the gateway: leave it out, or make a new gateway.';
  return { whole: { ...given, ...lasting }, problems: changed.map((path) => ({ path, message })) };
}

function isSame<Host, Name extends string>(
  key: (typeof LASTING_SETTINGS)[number],
  next: GatewayConfig<Host>,
  first: GatewayConfig<Host, Name>,
): boolean {
  if (next[key] === first[key]) return true;
  // Files are read anew, and with them their secrets.
  return key === 'tokens' && secretsOf(next.tokens) === secretsOf(first.tokens);
}

function secretsOf(tokens: GatewayConfig['tokens']): string {
  const secrets = [tokens?.secret ?? []].flat();
  return JSON.stringify(secrets.map((secret) => (typeof secret === 'string' ? secret : reveal(secret))));
}
