import type { LoadedConfig, SharedRedis } from '@portico/config';
import { type Gateway, reveal, type Sink } from '@portico/core';
import { createGateway, type NodeHost } from '@portico/node';
import { connectRedis, type SharedStores } from './connect-redis.js';
import { jsonLog } from './json-log.js';
import { ledgerFile } from './ledger-file.js';
import type { ServeOptions } from './serve.js';
import { explainListenError, type OpenServer, openServer } from './server/open-server.js';
import type { Served } from './server/served.js';
import type { Terminal } from './terminal.js';
import { countersOverChannel } from './workers/counters-over-channel.js';
import {
  channelToPrimary,
  isFirstWorker,
  isWorker,
  ordersBySignals,
  ordersOfPrimary,
} from './workers/worker-orders.js';

const NOBODY = 'Nobody could call: the configuration needs "keys", or "anonymous" for everybody.';

/** Serves in this process, alone or as one of several. Answers the exit code as soon as it listens, or cannot. */
export async function serveHere(asked: ServeOptions, terminal: Terminal): Promise<number> {
  const tells = !isWorker() || isFirstWorker();
  const logger = jsonLog((line) => terminal.error(line));
  const ownStores = isWorker()
    ? // The process that has them is as busy as its machine, and cannot be gone while this one is there.
      { counters: countersOverChannel(channelToPrimary), countersTimeoutMs: 10_000 }
    : {};
  let ledger: Sink | undefined;
  try {
    if (asked.ledger !== undefined) ledger = ledgerFile(asked.ledger);
  } catch (error) {
    terminal.error(`The ledger cannot be written: ${(error as Error).message}`);
    return 1;
  }
  let served: { -readonly [K in keyof Served]: Served[K] } | undefined;
  const watch = asked.watch({ changed: take, refused: keep });
  let { loaded } = watch;
  const redis = asked.redis === undefined ? loaded.redis : { ...loaded.redis, url: asked.redis };
  let shared: SharedStores | undefined;
  try {
    if (redis !== undefined) shared = await connectRedis(redis, logger);
  } catch (error) {
    return failed((error as Error).message, 1);
  }
  if (!someoneMayCall(loaded)) return failed(NOBODY, 2);
  if (tells) tellWhatDoesNothing(loaded);

  // Whoever reaches an open gateway spends: without a key that nobody guesses, only this machine reaches it.
  const host = asked.host ?? (loaded.guard === 'keys' ? '0.0.0.0' : '127.0.0.1');
  served = { gateway: open(loaded), loaded };
  let server: OpenServer;
  try {
    server = await openServer(served, { host, port: asked.port });
  } catch (error) {
    await served.gateway.close();
    return failed(explainListenError(error as NodeJS.ErrnoException, host, asked.port), 1);
  }
  const orders = isWorker() ? ordersOfPrimary() : ordersBySignals;
  orders.onReload(watch.reload);
  orders.onStop(() => {
    watch.stop();
    if (!isWorker()) terminal.out('portico stops as soon as running answers have ended.');
    void server.close().then(() => {
      shared?.close();
      process.exit(0);
    });
  });
  // Last: whoever reads it may give orders at once.
  if (tells) terminal.out(greeting(server.url, loaded));
  return 0;

  function open({ config: { authenticate: _ofNow, ...config } }: LoadedConfig): Gateway<NodeHost> {
    return createGateway<NodeHost>({
      ...config,
      logger,
      stores: shared?.stores ?? ownStores,
      ...(ledger !== undefined && { sinks: [ledger] }),
      // Hooks last as long as the gateway, and who may call is what the file says now.
      plugins: [
        { name: 'who may call', policies: { authenticate: (seen) => served?.loaded.config.authenticate?.(seen) } },
      ],
    });
  }

  /** The file has changed: calls from now on are answered by what it says now. */
  function take(next: LoadedConfig): void {
    if (served === undefined) {
      loaded = next;
      return;
    }
    if (!someoneMayCall(next)) return keep(new Error(NOBODY));
    if (asked.host === undefined && host === '0.0.0.0' && next.guard !== 'keys') {
      return keep(
        new Error('Everybody who reaches this machine could call: the configuration needs a key that is long.'),
      );
    }
    const { authenticate: _ofThen, ...config } = next.config;
    try {
      served.gateway.reload(config);
    } catch (error) {
      return keep(error as Error);
    }
    // At once: whoever calls from now on is whom the new file knows.
    served.loaded = next;
    if (!tells) return;
    if (asked.redis === undefined && addressOf(next.redis) !== addressOf(redis)) {
      terminal.error('Another Redis is used when portico is started again.');
    }
    tellWhatDoesNothing(next);
    terminal.out(`portico serves ${next.report.models.join(', ')} from now on.`);
  }

  function keep({ message }: Error): void {
    if (tells) terminal.error(`${message}\nThe configuration was not taken: what was served before still is.`);
  }

  function failed(message: string, code: number): number {
    watch.stop();
    shared?.close();
    terminal.error(message);
    return code;
  }

  function tellWhatDoesNothing({ report }: LoadedConfig): void {
    for (const { verdict, place, path, says } of report.findings) {
      if (verdict === 'ignored') terminal.error(`${place.file}:${place.line} ${path} does nothing: ${says}`);
    }
  }
}

function addressOf(redis: SharedRedis | undefined): string | undefined {
  return redis && reveal(redis.url);
}

function someoneMayCall({ config: { keys, anonymous, authenticate } }: LoadedConfig): boolean {
  return keys !== undefined || anonymous !== undefined || authenticate !== undefined;
}

function greeting(url: string, { report, guard }: LoadedConfig): string {
  const who = {
    keys: 'Callers show a key.',
    'short key': 'Callers show a key, which is short.',
    none: 'Everybody may call who reaches it.',
  };
  return `portico serves ${report.models.join(', ')} at ${url}/v1. ${who[guard]} Ctrl+C stops.`;
}
