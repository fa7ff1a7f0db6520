import { reveal } from '../secret.js';
import type { ConfigProblem } from '../settings/config-error.js';
import { type GatewayConfig, type ReloadableConfig, STATIC_SETTINGS } from '../settings/gateway-config.js';

/** The next configuration, with what lasts of the first; and the problems where it wants something else to last. */
export function reloadedConfig<Host, Name extends string>(
  next: ReloadableConfig,
  first: GatewayConfig<Host, Name>,
): { readonly whole: GatewayConfig<Host>; readonly problems: readonly ConfigProblem[] } {
  const services: Readonly<Record<string, unknown>> = Object.fromEntries(
    STATIC_SETTINGS.flatMap((key) => (first[key] === undefined ? [] : [[key, first[key]]])),
  );
  const given = next as GatewayConfig<Host>; // a configuration that is spread into the next one repeats all of them
  const changed = STATIC_SETTINGS.filter((key) => given[key] !== undefined && !isSame(key, given, first));
  const message = 'cannot be changed by a reload: leave it out, or create a new gateway.';
  return { whole: { ...given, ...services }, problems: changed.map((path) => ({ path, message })) };
}

function isSame<Host, Name extends string>(
  key: (typeof STATIC_SETTINGS)[number],
  next: GatewayConfig<Host>,
  first: GatewayConfig<Host, Name>,
): boolean {
  if (next[key] === first[key]) return true;
  // Files are read again, and so are the secrets in them.
  return key === 'tokens' && secretsOf(next.tokens) === secretsOf(first.tokens);
}

function secretsOf(tokens: GatewayConfig['tokens']): string {
  const secrets = [tokens?.secret ?? []].flat();
  return JSON.stringify(secrets.map((secret) => (typeof secret === 'string' ? secret : reveal(secret))));
}
