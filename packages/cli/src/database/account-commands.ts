import { SCOPE_KINDS } from '@portico/core/store';
import type { Options } from '../run.js';
import type { Terminal } from '../terminal.js';
import { printTable } from './print-table.js';
import type { Account, AccountBudget, AccountChanges, AccountLimit, Scope, ScopeKind, SqlAccounts } from './types.js';
import { withDatabase } from './with-database.js';

const ACTIONS = ['list', 'show', 'set', 'remove', 'block', 'unblock'] as const;

/** `portico accounts list|show|set|remove|block|unblock KIND ID`; `portico teams …` is the same for teams. */
export function accountCommand(
  kind: ScopeKind | undefined,
  rest: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<number> {
  const [action = 'list', ...names] = rest;
  const [first, second] = kind === undefined ? names : [kind, ...names];
  return withDatabase(options, terminal, async ({ accounts }) => {
    if (!ACTIONS.includes(action as (typeof ACTIONS)[number])) {
      terminal.error(`Accounts cannot be asked to "${action}". There are: ${ACTIONS.join(', ')}.`);
      return 2;
    }
    if (first !== undefined && !isKind(first)) {
      terminal.error(`"${first}" is no kind of account. There are: ${SCOPE_KINDS.join(', ')}.`);
      return 2;
    }
    if (action === 'list') return await list(accounts, first, options, terminal);
    if (first === undefined || (second === undefined && first !== 'global')) {
      terminal.error(`Name the account: portico accounts ${action} team search`);
      return 2;
    }
    return await change(action, { kind: first, id: second ?? '*' }, accounts, options, terminal);
  });
}

function isKind(text: string): text is ScopeKind {
  return (SCOPE_KINDS as readonly string[]).includes(text);
}

async function list(
  accounts: SqlAccounts,
  kind: ScopeKind | undefined,
  options: Options,
  terminal: Terminal,
): Promise<number> {
  const found: Account[] = [];
  let after: string | undefined;
  do {
    const page = await accounts.list({ kind, after, limit: 1_000 });
    found.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  printTable(
    found,
    {
      account: ({ scope }) => `${scope.kind}:${scope.id}`,
      name: ({ name }) => name,
      parent: ({ parent }) => parent && `${parent.kind}:${parent.id}`,
      budgets: ({ budgets }) => budgets.map(budgetText).join(' '),
      limits: ({ limits }) => limits.map(limitText).join(' '),
      models: ({ models }) => models?.join(','),
      state: ({ isBlocked }) => (isBlocked ? 'blocked' : 'active'),
    },
    { options, terminal, none: 'There are no such accounts.' },
  );
  return 0;
}

async function change(
  action: string,
  scope: Scope,
  accounts: SqlAccounts,
  options: Options,
  terminal: Terminal,
): Promise<number> {
  const name = `${scope.kind}:${scope.id}`;
  if (action === 'remove') {
    const wasThere = await accounts.remove(scope);
    terminal.out(wasThere ? `${name} is removed.` : `There is no account ${name}.`);
    return wasThere ? 0 : 1;
  }
  if (action === 'show') {
    const [account] = await accounts.find([scope]);
    if (account !== undefined) terminal.out(JSON.stringify(account, null, 2));
    else terminal.error(`There is no account ${name}.`);
    return account === undefined ? 1 : 0;
  }
  const changes = action === 'set' ? changesOf(options, terminal) : { isBlocked: action === 'block' };
  if (changes === undefined) return 2;
  const account = await accounts.upsert(scope, changes);
  terminal.out(options.json === true ? JSON.stringify(account) : `${name}: ${summaryOf(account)}`);
  return 0;
}

/** Undefined after an error was reported. */
function changesOf(options: Options, terminal: Terminal): AccountChanges | undefined {
  const { name, parent, models, budget, rpm, tpm } = options;
  const budgets = budget?.split(',').map(budgetOf);
  const wrong = budget?.split(',').find((_, index) => budgets?.[index] === undefined);
  if (wrong !== undefined)
    return refuse(`A budget is dollars and a period, such as 5/day or 50/month, not "${wrong}".`);
  const limits: AccountLimit[] = [];
  for (const [of, option, text] of [
    ['requests', 'rpm', rpm],
    ['tokens', 'tpm', tpm],
  ] as const) {
    if (text === undefined) continue;
    if (!/^\d{1,15}$/.test(text)) return refuse(`--${option} must be a whole number, not "${text}".`);
    limits.push({ of, max: Number(text), per: 'minute' });
  }
  const [kind = '', ...id] = parent?.split(':') ?? [];
  if (parent !== undefined && (!isKind(kind) || id.length === 0)) {
    return refuse(`--parent must be a kind and an id, such as organization:acme, not "${parent}".`);
  }
  return {
    ...(name !== undefined && { name }),
    ...(parent !== undefined && { parent: { kind: kind as ScopeKind, id: id.join(':') } }),
    ...(models !== undefined && { models: models === '' ? null : models.split(',') }),
    ...(budgets !== undefined && { budgets: budgets.filter((each) => each !== undefined) }),
    ...(limits.length > 0 && { limits }),
  };

  function refuse(message: string): undefined {
    terminal.error(message);
  }
}

function budgetOf(text: string): AccountBudget | undefined {
  const [, usd, per = 'total'] = /^\$?(\d+(?:\.\d{1,9})?)(?:\/([\w]+))?$/.exec(text) ?? [];
  if (usd === undefined) return undefined;
  return { nanoUsd: Math.round(Number(usd) * 1e9), per: per as AccountBudget['per'] }; // the store says what is no period
}

function budgetText({ nanoUsd, per, mode }: AccountBudget): string {
  return `$${nanoUsd / 1e9}/${per}${mode === 'soft' ? ' (soft)' : ''}`;
}

function limitText({ of, max, per }: AccountLimit): string {
  return of === 'concurrentCalls' ? `${max} at a time` : `${max} ${of}/${per}`;
}

function summaryOf({ budgets, limits, models, isBlocked }: Account): string {
  const parts = [...budgets.map(budgetText), ...limits.map(limitText)];
  if (models !== undefined) parts.push(`models ${models.join(',')}`);
  if (isBlocked) parts.push('blocked');
  return parts.length === 0 ? 'no limits' : parts.join(', ');
}
