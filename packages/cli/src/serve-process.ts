import { adminApi } from '@portico/admin';
import type { LoadedConfig, SharedRedis } from '@portico/config';
import { type Authorize, type Gateway, type Plugin, reveal, type Sink } from '@portico/core';
import { counterHistory } from '@portico/core/store';
import { createGateway, type NodeHost } from '@portico/node';
import { connectRedis, type SharedStores } from './connect-redis.js';
import { type OpenDatabase, openDatabase } from './database/connect-database.js';
import { jsonLog } from './json-log.js';
import { ledgerFile } from './ledger-file.js';
import type { ServeOptions } from './serve.js';
import { explainListenError, type OpenServer, openServer } from './server/open-server.js';
import type { ServedConfig } from './server/served.js';
import type { Terminal } from './terminal.js';
import { ipcCounters } from './workers/ipc-counters.js';
import {
  channelToPrimary,
  isFirstWorker,
  isWorker,
  primaryCommands,
  signalCommands,
} from './workers/worker-commands.js';

const NOBODY = 'Nobody could call this server: the configuration needs "keys", or "anonymous" to allow everybody.';

/**
 * Serves in this process, alone or as one of several workers. Returns the exit code as soon as it listens, or cannot.
 */
export async function serveProcess(asked: ServeOptions, terminal: Terminal): Promise<number> {
  const tells = !isWorker() || isFirstWorker();
  const logger = jsonLog((line) => terminal.error(line));
  const ownStores = isWorker()
    ? // The process with the counters is on the same machine, and lives as long as this one.
      { counters: ipcCounters(channelToPrimary), countersTimeoutMs: 10_000 }
    : {};
  let ledger: Sink | undefined;
  try {
    if (asked.ledger !== undefined) ledger = ledgerFile(asked.ledger);
  } catch (error) {
    terminal.error(`The ledger cannot be written: ${(error as Error).message}`);
    return 1;
  }
  let served: { -readonly [K in keyof ServedConfig]: ServedConfig[K] } | undefined;
  const watch = asked.watch({ changed: (next) => load(guarded(next)), refused: keep });
  let loaded = guarded(watch.loaded);
  const redis = asked.redis === undefined ? loaded.redis : { ...loaded.redis, url: asked.redis };
  let shared: SharedStores | undefined;
  let database: OpenDatabase | undefined;
  try {
    if (asked.database !== undefined) {
      const { folder, spillFolder } = asked;
      database = await openDatabase(reveal(asked.database), { folder, spillFolder, logger });
    }
    const history = database && counterHistory(database.stores.usage);
    if (redis !== undefined) shared = await connectRedis(redis, logger, history);
  } catch (error) {
    await database?.close();
    return failed((error as Error).message, 1);
  }
  if (!someoneMayCall(loaded)) return failed(NOBODY, 2);
  if (tells) logIgnoredKeys(loaded);

  // An open gateway costs money: without a key that cannot be guessed, it is reachable from this machine only.
  const host = asked.host ?? (loaded.guard === 'keys' ? '0.0.0.0' : '127.0.0.1');
  if (isReachable(host, loaded)) return failed(`${EVERYBODY} Set a key, or add --open if that is intended.`, 2);
  served = { gateway: open(loaded), loaded, isOpen: asked.isOpen };
  let server: OpenServer;
  try {
    server = await openServer(served, { host, port: asked.port });
  } catch (error) {
    await served.gateway.close();
    return failed(explainListenError(error as NodeJS.ErrnoException, host, asked.port), 1);
  }
  const commands = isWorker() ? primaryCommands() : signalCommands;
  commands.onReload(watch.reload);
  commands.onStop(() => {
    watch.stop();
    if (!isWorker()) terminal.out('portico stops as soon as running answers have ended.');
    const closed = server.close().then(() => {
      shared?.close();
      return database?.close();
    });
    void closed.then(() => {
      process.exit(0);
    });
  });
  // Last, because its readers may send commands at once.
  if (tells) terminal.out(greeting(server.url, loaded));
  return 0;

  function open({ config: { authenticate: _ofNow, plugins: _now, ...config } }: LoadedConfig): Gateway<NodeHost> {
    return createGateway<NodeHost>({
      ...config,
      logger,
      stores: { ...database?.stores, ...(shared?.stores ?? (database === undefined ? ownStores : {})) },
      ...(ledger !== undefined && { sinks: [ledger] }),
      // Hooks live as long as the gateway, so they read the current file.
      plugins: [
        {
          name: 'access',
          policies: {
            authenticate: (seen) => served?.loaded.config.authenticate?.(seen),
            authorize: (seen) => served && policyRefusal(served.loaded, seen),
          },
        },
        ...(database === undefined ? [] : [adminOf(database)]),
      ],
    });
  }

  /** The admin API, for the holder of LiteLLM's master key and of keys of the file with `metadata: { admin: true }`. */
  function adminOf({ stores }: OpenDatabase): Plugin<NodeHost> {
    return adminApi<NodeHost>({
      stores,
      authorize: ({ request: { via, principal } }) =>
        via === 'key' &&
        principal.keyId === undefined &&
        (principal.id === served?.loaded.principal?.id || principal.metadata?.admin === true),
      onChange: (entry) => logger.info({ ...entry }, 'a change through the admin API'),
    });
  }

  /** With a database there may be keys at any time: callers need one, unless the file lets everybody in. */
  function guarded(given: LoadedConfig): LoadedConfig {
    const isOpened = given.config.anonymous !== undefined || given.config.keys !== undefined;
    return asked.database === undefined || isOpened || given.guard !== 'none' ? given : { ...given, guard: 'keys' };
  }

  /** Whether others than this machine reach it, and nothing keeps them out. */
  function isReachable(where: string, { guard }: LoadedConfig): boolean {
    return guard === 'none' && !asked.isOpen && !LOOPBACK.has(where);
  }

  /** The file has changed: calls from now on use the new configuration. */
  function load(next: LoadedConfig): void {
    if (served === undefined) {
      loaded = next;
      return;
    }
    if (!someoneMayCall(next)) return keep(new Error(NOBODY));
    const needsLongKey = asked.host === undefined && host === '0.0.0.0' && next.guard !== 'keys';
    if (needsLongKey || isReachable(host, next)) {
      return keep(new Error(`${EVERYBODY} The configuration needs a long key.`));
    }
    const { authenticate: _ofThen, plugins: _then, ...config } = next.config;
    try {
      served.gateway.reload(config);
    } catch (error) {
      return keep(error as Error);
    }
    // At once: later calls are identified with the new file.
    served.loaded = next;
    if (!tells) return;
    if (asked.redis === undefined && addressOf(next.redis) !== addressOf(redis)) {
      terminal.error('The new Redis is used only after a restart of portico.');
    }
    logIgnoredKeys(next);
    terminal.out(`The new configuration is in use: portico serves ${next.report.models.join(', ')}.`);
  }

  function keep({ message }: Error): void {
    if (tells) terminal.error(`${message}\nThe new configuration was not loaded; the earlier one stays in use.`);
  }

  function failed(message: string, code: number): number {
    watch.stop();
    shared?.close();
    terminal.error(message);
    return code;
  }

  function logIgnoredKeys({ report }: LoadedConfig): void {
    for (const { verdict, place, path, message } of report.findings) {
      if (verdict === 'left out')
        terminal.error(`${place.file}:${place.line} ${path} LEFT OUT, not served: ${message}`);
      if (verdict === 'ignored') terminal.error(`${place.file}:${place.line} ${path} has no effect: ${message}`);
    }
  }
}

/** What the policies of the file's plugins say. */
async function policyRefusal({ config }: LoadedConfig, seen: Parameters<Authorize<unknown>>[0]) {
  for (const { policies } of config.plugins ?? []) {
    const refusal = await policies?.authorize?.(seen);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);
const EVERYBODY = 'Everybody who reaches this machine could call it.';

function addressOf(redis: SharedRedis | undefined): string | undefined {
  return redis && reveal(redis.url);
}

function someoneMayCall({ guard, config: { keys, anonymous, authenticate } }: LoadedConfig): boolean {
  return guard === 'keys' || keys !== undefined || anonymous !== undefined || authenticate !== undefined;
}

function greeting(url: string, { report, guard }: LoadedConfig): string {
  const who = {
    keys: 'Callers need a key.',
    'short key': 'Callers need a key, which is short.',
    none: 'Everybody who can reach it may call it.',
  };
  return `portico serves ${report.models.join(', ')} at ${url}/v1. ${who[guard]} Ctrl+C stops.`;
}
