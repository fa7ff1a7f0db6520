import type { UsageDimension, UsageSum } from '@portico/core/store';
import type { Options } from '../run.js';
import type { Terminal } from '../terminal.js';
import { timeFrom } from './key-commands.js';
import { printTable } from './print-table.js';
import { withDatabase } from './with-database.js';

const DIMENSIONS: readonly UsageDimension[] = [
  'organization',
  'team',
  'user',
  'key',
  'customer',
  'tag',
  'model',
  'provider',
  'deployment',
  'prompt',
];

/** `portico usage --database URL [--by team,day] [--since 30d]`: the sums of the ledger. */
export function usageCommand(options: Options, terminal: Terminal): Promise<number> {
  const by = options.by?.split(',') ?? ['model'];
  const dimensions = by.filter((name) => name !== 'day');
  const unknown = dimensions.find((name) => !(DIMENSIONS as readonly string[]).includes(name));
  const since = options.since === undefined ? undefined : timeFrom(options.since, -1);
  const until = options.until === undefined ? undefined : timeFrom(options.until, -1);
  if (unknown !== undefined || dimensions.length > 1) {
    const what = unknown === undefined ? 'more than one of these' : `"${unknown}"`;
    return misused(`Usage cannot be grouped by ${what}. There are: ${DIMENSIONS.join(', ')}; each also with "day".`);
  }
  if (Number.isNaN(since) || Number.isNaN(until)) {
    return misused('--since and --until must be dates such as 2027-01-31, or times ago such as 30d.');
  }
  return withDatabase(options, terminal, async ({ usage }) => {
    const { user, team, organization, customer } = options;
    const [dimension] = dimensions as UsageDimension[];
    const filter = { user, team, organization, customer, from: since, to: until };
    const sums = await usage.aggregate({ ...filter, by: dimension, byDay: by.includes('day'), limit: 10_000 });
    const [total] = await usage.aggregate(filter);
    printTable(
      sums,
      {
        ...(by.includes('day') && { day: ({ day }: UsageSum) => day }),
        ...(dimension !== undefined && { [dimension]: ({ id }: UsageSum) => id ?? '(none)' }),
        calls: ({ calls }) => calls,
        failed: ({ failures }) => (failures === 0 ? undefined : failures),
        'tokens in': ({ inputTokens }) => inputTokens,
        'tokens out': ({ outputTokens }) => outputTokens,
        'cost USD': ({ costNanoUsd }) => (costNanoUsd / 1e9).toFixed(9),
        unpriced: ({ unpriced }) => (unpriced === 0 ? undefined : unpriced),
      },
      { options, terminal, none: 'There are no calls in the ledger.' },
    );
    if (options.json !== true && options.csv !== true && total !== undefined && sums.length > 0) {
      terminal.out(`\n${total.calls} calls, $${(total.costNanoUsd / 1e9).toFixed(9)}`);
    }
    return 0;
  });

  function misused(message: string): Promise<number> {
    terminal.error(message);
    return Promise.resolve(2);
  }
}
