import type { GatewayConfig } from '../gateway-config.js';
import type { Sink } from '../sink.js';
import type { UsageRecord } from '../usage-record.js';

/** The async contexts of calls whose record is on its way. */
export type CallContexts = WeakMap<UsageRecord, <T>(run: () => T) => T>;

/** Everybody who must receive usage records; `contexts` are those `onUsage` is run in. */
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
