import type { Logger } from '@portico/core';

/** A log of one line of JSON each. */
export function jsonLog(write: (line: string) => void): Logger {
  const at =
    (level: string) =>
    (fields: object, message: string): void =>
      write(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }, inWords));
  return { debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error') };
}

/** Errors have no fields that JSON would contain. */
function inWords(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack };
}
