import { resolve } from 'node:path';
import {
  type ConfigListener,
  type ConfigWatch,
  isRedisUrl,
  type LoadedConfig,
  type ReadOptions,
  readConfig,
  watchConfig,
} from '@portico/config';
import { type Secret, secret } from '@portico/core';
import { AS_AN_ADDRESS } from './connect-redis.js';
import { AS_A_DATABASE, isDatabaseUrl } from './database/connect-database.js';
import { databaseOf } from './database/with-database.js';
import type { Options } from './run.js';
import { serveProcess } from './serve-process.js';
import type { Terminal } from './terminal.js';
import { superviseWorkers } from './workers/supervise-workers.js';
import { isWorker } from './workers/worker-commands.js';

/** What to serve, from the command line. */
export interface ServeOptions {
  readonly port: number;
  /** Undefined if it depends on who may call. */
  readonly host: string | undefined;
  /** Without a key, everybody who reaches it may use it. */
  readonly isOpen: boolean;
  /** The URL of the shared Redis, if not the one in the configuration. */
  readonly redis: Secret | undefined;
  /** The URL of the database with keys, accounts, usage and counters. */
  readonly database: Secret | undefined;
  /** A folder for usage records that the database does not take at the moment. */
  readonly spillFolder: string | undefined;
  /** The current folder. */
  readonly folder: string;
  /** Where usage records go. */
  readonly ledger: string | undefined;
  /** Reads the configuration, and reports when it has changed. */
  watch(listener: ConfigListener): ConfigWatch;
}

const MOST_WORKERS = 256;

/** `portico --config FILE`, `portico --model NAME`: serves until it is stopped. */
export async function serve(options: Options, rest: readonly string[], terminal: Terminal): Promise<number> {
  const { environment } = terminal;
  const port = Number(options.port ?? environment.PORT ?? 4000);
  const workers = Number(options.workers ?? options['num-workers'] ?? environment.NUM_WORKERS ?? 1);
  if (rest.length > 0) return misused(`Unknown argument "${rest[0]}". Name a configuration with --config FILE.`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return misused(`A port must be a number up to 65535, not "${options.port ?? environment.PORT}".`);
  }
  if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
    return misused(`--workers must be a number from 1 to ${MOST_WORKERS}, the number of serving processes.`);
  }
  const file = options.config ?? (options.model === undefined ? environment.CONFIG_FILE_PATH : undefined);
  if (options.config !== undefined && options.model !== undefined) return misused('Give either --config or --model.');
  if (file === undefined && options.model === undefined) {
    return misused('Name a model or a configuration: portico --model gpt-4o, or portico --config config.yaml');
  }

  const { compat } = options;
  if (compat !== undefined && compat !== 'litellm') return misused(`--compat can only be "litellm", not "${compat}".`);

  const redis = options.redis ?? environment.REDIS_URL;
  if (redis && !isRedisUrl(redis)) return misused(`--redis, or REDIS_URL, ${AS_AN_ADDRESS}`);

  const database = databaseOf(options, terminal);
  if (database !== undefined && !isDatabaseUrl(database)) {
    return misused(`--database, or PORTICO_DATABASE_URL, ${AS_A_DATABASE}`);
  }
  if (database?.startsWith('sqlite') && workers > 1) {
    return misused('Several workers need a database that they can share: --database postgres://…');
  }

  const asked: ServeOptions = {
    port,
    host: options.host,
    isOpen: options.open === true,
    redis: redis ? secret(redis) : undefined,
    database: database === undefined ? undefined : secret(database),
    spillFolder: options.spill,
    folder: terminal.folder,
    ledger: options.ledger && resolve(terminal.folder, options.ledger),
    watch: (listener) =>
      file === undefined
        ? { loaded: configOfModel(options, compat, terminal), reload: () => undefined, stop: () => undefined }
        : watchConfig(resolve(terminal.folder, file), listener, {
            environment,
            compat,
            shownAs: file,
            acceptMissing: options['accept-missing'],
          }),
  };
  return workers > 1 && !isWorker() ? superviseWorkers(workers, terminal) : serveProcess(asked, terminal);

  function misused(message: string): number {
    terminal.error(message);
    return 2;
  }
}

/** One model is a LiteLLM configuration of one entry. */
function configOfModel(options: Options, compat: ReadOptions['compat'], terminal: Terminal): LoadedConfig {
  const { model, alias, 'api-base': address } = options;
  const params = { model, ...(address !== undefined && { api_base: address }) };
  const text = JSON.stringify({ model_list: [{ model_name: alias ?? model, litellm_params: params }] });
  return readConfig(text, { file: '--model', environment: terminal.environment, compat });
}
