import type { Logger } from '@portico/core';

/** The logger of a gateway that was given none: warnings and errors on the console, one line each. */
export const consoleLogger: Logger = {
  debug() {},
  info() {},
  warn: (fields, message) => console.warn(lineOf(fields, message)),
  error: (fields, message) => console.error(lineOf(fields, message)),
};

function lineOf(fields: object, message: string): string {
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${wordOf(value)}`);
  return `portico: ${message}${rest.join('')}`;
}

function wordOf(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message;
  return JSON.stringify(value) ?? 'undefined';
}
