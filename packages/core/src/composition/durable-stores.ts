import { type AccountDirectory, accountsByFunction, createAccountDirectory } from '../accounts/account-directory.js';
import type { OpenCalls } from '../accounts/open-calls.js';
import { createStoredKeys, type StoredKeys } from '../accounts/stored-keys.js';
import type { Clock } from '../clock.js';
import { GatewayError } from '../errors.js';
import type { Sink } from '../hooks/sink.js';
import { revoked } from '../identity/revocations.js';
import type { Logger } from '../logger.js';
import type { GatewayConfig } from '../settings/gateway-config.js';
import type { Account } from '../stores/account-store.js';
import { type Scope, scopeKey } from '../stores/scope.js';

/** What a gateway knows of keys and accounts that are kept elsewhere. */
export interface DurableStores {
  readonly keys: StoredKeys | undefined;
  readonly accounts: AccountDirectory | undefined;
  /** How records go to the ledger; undefined without one. */
  readonly ledger: (Sink & { close?(): unknown }) | undefined;
  /** Hears of changes, until it is closed. */
  watch(): void;
  close(): Promise<void>;
}

const CACHE_MS = 60_000;
const LOOKUP_TIMEOUT_MS = 1_000;

export function createDurableStores(
  config: Pick<GatewayConfig<never>, 'stores' | 'accounts'>,
  clock: Clock,
  logger: Logger | undefined,
  open: OpenCalls,
): DurableStores {
  const { stores = {} } = config;
  const { cacheMs = CACHE_MS, lookupTimeoutMs: timeoutMs = LOOKUP_TIMEOUT_MS } = stores;
  const shared = { clock, logger, cacheMs, timeoutMs };
  const keys = stores.keys && createStoredKeys({ ...shared, store: stores.keys, onChange: endCallsOfKey });
  const find = config.accounts ? accountsByFunction(config.accounts) : stores.accounts?.find.bind(stores.accounts);
  const watch = config.accounts ? undefined : stores.accounts?.watch.bind(stores.accounts);
  const accounts = find && createAccountDirectory({ ...shared, find, watch, onChange: endCallsUnder });
  const { usage } = stores;
  const ledger =
    stores.sink ??
    (usage && {
      name: 'ledger',
      record: async (batch: Parameters<Sink['record']>[0]) => void (await usage.append(batch)),
    });

  return {
    keys,
    accounts,
    ledger,
    watch() {
      keys?.watch();
      accounts?.watch();
    },
    async close() {
      keys?.close();
      accounts?.close();
      await stores.sink?.close?.();
    },
  };

  /** A key that was revoked or blocked ends its running calls. */
  function endCallsOfKey(keyId: string): void {
    if (!open.calls.some(({ principal }) => principal.keyId === keyId)) return;
    Promise.resolve(stores.keys?.get(keyId)).then(
      (key) => {
        if (key !== undefined && key.revokedAt === undefined && !key.isBlocked) return;
        open.cancelWhere(({ principal }) => principal.keyId === keyId, revoked());
      },
      (error: unknown) => logger?.error({ err: error, key: keyId }, 'a key that was changed could not be looked at'),
    );
  }

  /** An account that was blocked ends the running calls below it. */
  function endCallsUnder(scope: Scope): void {
    const key = scopeKey(scope);
    const isUnder = (account: Account) => scopeKey(account.scope) === key;
    if (accounts === undefined || !open.calls.some((call) => call.accounts.some(isUnder))) return;
    Promise.resolve(accounts.find([scope])).then(
      (found) => {
        if (!found.some((account) => isUnder(account) && account.isBlocked)) return;
        open.cancelWhere((call) => call.accounts.some(isUnder), blocked(scope));
      },
      (error: unknown) =>
        logger?.error({ err: error, scope: key }, 'an account that was changed could not be looked at'),
    );
  }
}

function blocked({ kind }: Scope): GatewayError {
  return new GatewayError('forbidden', `Access was blocked for this ${kind} during the call.`, {
    code: 'account_blocked',
  });
}
