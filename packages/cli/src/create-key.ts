import { randomBytes } from 'node:crypto';
import type { Budget, Principal } from '@portico/core';
import type { Options } from './run.js';
import type { Terminal } from './terminal.js';

const PERIODS: readonly string[] = ['hour', 'day', 'month', 'total'] satisfies Budget['per'][];

/**
 * `portico keys --id NAME`: creates a virtual key, and the lines for it. The key itself goes into the environment,
 * not into the file.
 */
export function createKey(options: Options, terminal: Terminal): number {
  const { id, team, models } = options;
  if (id === undefined || id === '') return misused('Name the owner of the key: portico keys --id ada');
  const requests = countOf('rpm', options.rpm);
  const tokens = countOf('tpm', options.tpm);
  const budget = options.budget === undefined ? undefined : budgetOf(options.budget);
  if (requests === 'wrong' || tokens === 'wrong' || budget === 'wrong') return 2;
  const principal: Principal = {
    id,
    ...(team !== undefined && { team }),
    ...(models !== undefined && { models: models.split(',') }),
    ...((requests !== undefined || tokens !== undefined) && {
      limits: {
        ...(requests !== undefined && { requestsPerMinute: requests }),
        ...(tokens !== undefined && { tokensPerMinute: tokens }),
      },
    }),
    ...(budget !== undefined && { budget }),
  };
  const variable = `PORTICO_KEY_${id.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}`;
  const key = `sk-${randomBytes(32).toString('base64url')}`;
  terminal.out(`# The key, shown only once. Put it into the environment of the server, and send it to ${id}:
${variable}=${key}

# Add this to the configuration:
keys:
  - key: env:${variable}
    principal: ${JSON.stringify(principal)}`);
  return 0;

  function misused(message: string): 2 {
    terminal.error(message);
    return 2;
  }

  function countOf(name: string, text: string | undefined): number | undefined | 'wrong' {
    if (text === undefined) return undefined;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    misused(`--${name} must be a whole number, not "${text}".`);
    return 'wrong';
  }

  function budgetOf(text: string): Budget | 'wrong' {
    const [, usd, per = 'total'] = /^\$?(\d+(?:\.\d+)?)(?:\/(\w+))?$/.exec(text) ?? [];
    if (usd !== undefined && PERIODS.includes(per)) return { usd: Number(usd), per: per as NonNullable<Budget['per']> };
    misused(`A budget is an amount in dollars and a period, such as 5/day. Periods: ${PERIODS.join(', ')}.`);
    return 'wrong';
  }
}
