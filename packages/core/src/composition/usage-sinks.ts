import type { Sink } from '../hooks/sink.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import type { UsageRecord } from '../usage/usage-record.js';

/** The async contexts of calls whose record is queued. */
export type CallContexts = WeakMap<UsageRecord, <T>(run: () => T) => T>;

/** All receivers of usage records; `contexts` are those in which `onUsage` runs. */
export function usageSinks<Host, Name extends string>(
  config: GatewayConfig<Host, Name>,
  contexts: CallContexts | undefined,
): Sink[] {
  const sinks = [...(config.sinks ?? []), ...(config.plugins ?? []).flatMap((plugin) => plugin.sinks ?? [])];
  const { onUsage } = config;
  if (onUsage !== undefined) {
    sinks.push({
      name: 'onUsage',
      async record(batch) {
        for (const record of batch) await (contexts?.get(record) ?? runDirectly)(() => onUsage(record));
      },
    });
  }
  return sinks;
}

function runDirectly<T>(run: () => T): T {
  return run();
}
