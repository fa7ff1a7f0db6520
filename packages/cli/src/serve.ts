import { resolve } from 'node:path';
import { type LoadedConfig, loadConfig, readConfig } from '@portico/config';
import { createGateway } from '@portico/node';
import { jsonLog } from './json-log.js';
import type { Options } from './run.js';
import { explainListenError, type OpenServer, openServer } from './server/open-server.js';
import type { Terminal } from './terminal.js';

/** `portico --config FILE`, `portico --model NAME`: serves until it is told to stop. */
export async function serve(options: Options, rest: readonly string[], terminal: Terminal): Promise<number> {
  const port = Number(options.port ?? terminal.environment.PORT ?? 4000);
  if (rest.length > 0) return misused(`What is "${rest[0]}"? A configuration is named as --config FILE.`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return misused(`A port is a number up to 65535, and not "${options.port ?? terminal.environment.PORT}".`);
  }
  const file = options.config ?? (options.model === undefined ? terminal.environment.CONFIG_FILE_PATH : undefined);
  if (options.config !== undefined && options.model !== undefined) return misused('Give either --config or --model.');
  if (file === undefined && options.model === undefined) {
    return misused('Name a model or a configuration: portico --model gpt-4o, or portico --config config.yaml');
  }

  const loaded = file === undefined ? configOfModel(options, terminal) : configOfFile(file, terminal);
  const { keys, anonymous, authenticate } = loaded.config;
  if (keys === undefined && anonymous === undefined && authenticate === undefined) {
    return misused('Nobody could call: the configuration needs "keys", or "anonymous" for everybody.');
  }
  for (const { place, path, says } of loaded.report.findings.filter(({ verdict }) => verdict === 'ignored')) {
    terminal.error(`${place.file}:${place.line} ${path} does nothing: ${says}`);
  }
  const gateway = createGateway({ ...loaded.config, logger: jsonLog((line) => terminal.error(line)) });
  // Whoever reaches an open gateway spends: without a key that nobody guesses, only this machine reaches it.
  const host = options.host ?? (loaded.guard === 'keys' ? '0.0.0.0' : '127.0.0.1');
  let server: OpenServer;
  try {
    server = await openServer(gateway, loaded, { host, port });
  } catch (error) {
    await gateway.close();
    terminal.error(explainListenError(error as NodeJS.ErrnoException, host, port));
    return 1;
  }
  greet(server.url, loaded, terminal);
  stopOnSignals(server, terminal);
  return 0;

  function misused(message: string): number {
    terminal.error(message);
    return 2;
  }
}

function configOfFile(file: string, terminal: Terminal): LoadedConfig {
  return loadConfig(resolve(terminal.folder, file), { environment: terminal.environment, shownAs: file });
}

/** One model is a LiteLLM configuration of one entry. */
function configOfModel(options: Options, terminal: Terminal): LoadedConfig {
  const { model, alias, 'api-base': address } = options;
  const params = { model, ...(address !== undefined && { api_base: address }) };
  const text = JSON.stringify({ model_list: [{ model_name: alias ?? model, litellm_params: params }] });
  return readConfig(text, { file: '--model', environment: terminal.environment });
}

function greet(url: string, { report, guard }: LoadedConfig, terminal: Terminal): void {
  const who = {
    keys: 'Callers show a key.',
    'short key': 'Callers show a key, which is short.',
    none: 'Everybody may call who reaches it.',
  };
  terminal.out(`portico serves ${report.models.join(', ')} at ${url}/v1. ${who[guard]} Ctrl+C stops.`);
}

/** Calls under way may end, then everything does; a second signal does not wait. */
function stopOnSignals(server: OpenServer, terminal: Terminal): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      terminal.out('portico stops as soon as running answers have ended.');
      void server.close().then(() => process.exit(0));
    });
  }
}
