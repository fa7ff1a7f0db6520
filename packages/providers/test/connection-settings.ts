import type { ConnectionSettings } from '@portico/core/provider';

/** A deployment's settings, with what a test cares about. */
export function settings(changes: Partial<ConnectionSettings>): ConnectionSettings {
  return {
    model: 'm',
    baseUrl: undefined,
    apiKey: undefined,
    apiVersion: undefined,
    headers: {},
    options: {},
    ...changes,
  };
}
