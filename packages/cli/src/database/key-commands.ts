import type { Options } from '../run.js';
import type { Terminal } from '../terminal.js';
import { printTable } from './print-table.js';
import type { KeyRecord, SqlKeys } from './types.js';
import { withDatabase } from './with-database.js';

const ACTIONS = ['create', 'list', 'show', 'rotate', 'revoke', 'block', 'unblock'] as const;
const LONGEST_GRACE_S = 30 * 24 * 3_600;

/** `portico keys create|list|show|rotate|revoke|block|unblock`, on a database. */
export function keyCommand(rest: readonly string[], options: Options, terminal: Terminal): Promise<number> {
  const [action = 'list', id] = rest;
  return withDatabase(options, terminal, async ({ keys }) => {
    switch (action) {
      case 'create':
        return await create(keys, options, terminal);
      case 'list':
        return await list(keys, options, terminal);
      case 'show':
      case 'rotate':
      case 'revoke':
      case 'block':
      case 'unblock':
        if (id !== undefined) return await change(action, id, keys, options, terminal);
        terminal.error(`Name the key by its id: portico keys ${action} key_…  ("portico keys list" shows them.)`);
        return 2;
      default:
        terminal.error(`Keys cannot be asked to "${action}". There are: ${ACTIONS.join(', ')}.`);
        return 2;
    }
  });
}

async function create(keys: SqlKeys, options: Options, terminal: Terminal): Promise<number> {
  const { id, user = id, team, organization, customer, alias, models, tags, expires } = options;
  const expiresAt = expires === undefined ? undefined : timeFrom(expires);
  if (expiresAt !== undefined && Number.isNaN(expiresAt)) {
    terminal.error(`--expires must be a date such as 2027-01-31, or a time from now such as 30d, not "${expires}".`);
    return 2;
  }
  const { key, secret } = await keys.mint({
    user,
    team,
    organization,
    customer,
    alias,
    expiresAt,
    ...(models !== undefined && { models: models.split(',') }),
    ...(tags !== undefined && { tags: tags.split(',') }),
  });
  if (options.json === true) terminal.out(JSON.stringify({ ...key, secret }));
  else terminal.out(`${secret}\n\nThe key ${key.id} is shown only once.`);
  return 0;
}

async function list(keys: SqlKeys, options: Options, terminal: Terminal): Promise<number> {
  const { user, team, organization, customer, alias } = options;
  const found: KeyRecord[] = [];
  let after: string | undefined;
  do {
    const page = await keys.list({ user, team, organization, customer, alias, after, limit: 1_000 });
    found.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  printTable(
    found,
    {
      id: ({ id }) => id,
      key: ({ hint }) => hint,
      alias: (key) => key.alias,
      user: (key) => key.user,
      team: (key) => key.team,
      models: (key) => key.models?.join(','),
      created: ({ createdAt }) => dayOf(createdAt),
      expires: ({ expiresAt }) => (expiresAt === undefined ? undefined : dayOf(expiresAt)),
      state: stateOf,
    },
    { options, terminal, none: 'There are no such keys.' },
  );
  return 0;
}

async function change(
  action: 'show' | 'rotate' | 'revoke' | 'block' | 'unblock',
  id: string,
  keys: SqlKeys,
  options: Options,
  terminal: Terminal,
): Promise<number> {
  if (action === 'rotate') {
    const graceMs = Number(options.grace ?? 0) * 1_000;
    if (!(graceMs >= 0 && graceMs <= LONGEST_GRACE_S * 1_000)) {
      terminal.error(`--grace must be seconds, at most ${LONGEST_GRACE_S}, not "${options.grace}".`);
      return 2;
    }
    const { key, secret } = await keys.rotate(id, { graceMs });
    const old =
      graceMs === 0 ? 'The old secret no longer works.' : `The old secret works for another ${options.grace} s.`;
    terminal.out(options.json === true ? JSON.stringify({ ...key, secret }) : `${secret}\n\n${old}`);
    return 0;
  }
  const key =
    action === 'show'
      ? await keys.get(id)
      : action === 'revoke'
        ? await keys.revoke(id)
        : await keys.block(id, action === 'block');
  if (key === undefined) {
    terminal.error(`There is no key "${id}".`);
    return 1;
  }
  terminal.out(options.json === true || action === 'show' ? JSON.stringify(key, null, 2) : `${id} is ${stateOf(key)}.`);
  return 0;
}

function stateOf({ isBlocked, revokedAt, expiresAt }: KeyRecord): string {
  if (revokedAt !== undefined) return 'revoked';
  if (expiresAt !== undefined && expiresAt <= Date.now()) return 'expired';
  return isBlocked ? 'blocked' : 'active';
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds since the epoch; NaN for what is no time. */
export function timeFrom(text: string, sign = 1): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (unit !== undefined) return Date.now() + sign * Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  return Date.parse(text);
}
