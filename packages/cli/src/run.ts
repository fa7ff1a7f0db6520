import { parseArgs } from 'node:util';
import { ConfigFileError, nearestWord } from '@portico/config';
import { checkFile } from './check-file.js';
import { createKey } from './create-key.js';
import { accountCommand } from './database/account-commands.js';
import { keyCommand } from './database/key-commands.js';
import { usageCommand } from './database/usage-command.js';
import { databaseOf, withDatabase } from './database/with-database.js';
import { explainCall } from './explain/explain-call.js';
import { importFile } from './import-file.js';
import { initApp } from './init/init-app.js';
import { serve } from './serve.js';
import type { Terminal } from './terminal.js';
import { showUsage } from './usage/show-usage.js';
import { version } from './version.js';

const HELP = `portico: an LLM gateway with OpenAI's interface

  portico --model NAME                serve one model: gpt-4o, anthropic/claude-sonnet-4-5, …
  portico --config FILE               serve a configuration: the gateway's own, or LiteLLM's config.yaml
  portico check FILE                  show how each key of a configuration is handled
  portico explain MODEL -c FILE       show what would happen to a call: rules, deployments, prices, limits
  portico import litellm FILE         convert a configuration to the gateway's own format; or: import portkey FILE
  portico keys --id NAME              create a virtual key, and the lines for it
  portico usage LEDGER [--by WHAT]    what the calls of a ledger cost: by model, principal, team, day
  portico keys create|list|…          virtual keys in a database
  portico teams set NAME --budget 5/day    limits and budgets in a database; portico accounts KIND for other kinds
  portico usage [--by WHAT]           what the calls in a database cost: by team, user, key, model, tag, …, day
  portico migrate                     make the tables of a database, or bring them up to date
  portico init [FOLDER] [--write]     show how to mount the gateway in the app in a folder; with --write, do it

Serving
  -c, --config FILE    default: $CONFIG_FILE_PATH
  -m, --model NAME     vendor/model, or the model alone if its vendor is known
      --api-base URL   the vendor's base URL, with --model
      --alias NAME     what clients call the model, with --model
      --port NUMBER    default: $PORT, else 4000
      --host ADDRESS   default: this machine only, unless callers need a key: then all addresses
      --open           without a key: everybody who reaches it may use it, also under other names and from pages
      --workers N      serving processes, with one port and shared limits and budgets; default: $NUM_WORKERS, else 1
      --redis URL      share limits, budgets and cooldowns with other servers; default: $REDIS_URL, else the configuration's
      --compat litellm imitate LiteLLM's proxy for its clients, with its defaults
      --ledger FILE    write the usage of each call there, one line of JSON each
      --database URL   keys, teams, budgets and usage that last: postgres://… or sqlite:FILE; default: $PORTICO_DATABASE_URL
      --spill FOLDER   keep usage there while the database does not take it
      --accept-missing start although guardrails, restrictions or budgets of the file are missing here
  A changed configuration is loaded at once, and on SIGHUP; an invalid one is not used.

Explain
      --id NAME        the caller: the id of one of the keys; default: the first
      --body JSON      the rest of the request

Import
  -o, --out FILE       default: what is printed
      --alias NAME     what clients call the model that a configuration of Portkey's becomes; default: the file's name

Keys
      --team NAME  --models NAME,NAME  --rpm REQUESTS  --tpm TOKENS  --budget 5/day

Database: keys create|list|show|rotate|revoke|block|unblock, teams and accounts list|show|set|remove|block|unblock
      --user NAME  --team NAME  --organization NAME  --customer NAME  --alias NAME  --tags NAME,NAME
      --models NAME,NAME  --expires 30d  --grace SECONDS  --parent organization:NAME  --budget 5/day,50/month
      --since 30d  --until DATE  --json  --csv

  -h, --help
  -v, --version`;

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  model: { type: 'string', short: 'm' },
  'api-base': { type: 'string' },
  alias: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  open: { type: 'boolean' },
  workers: { type: 'string' },
  redis: { type: 'string' },
  compat: { type: 'string' },
  ledger: { type: 'string' },
  database: { type: 'string' },
  spill: { type: 'string' },
  user: { type: 'string' },
  organization: { type: 'string' },
  customer: { type: 'string' },
  tags: { type: 'string' },
  name: { type: 'string' },
  parent: { type: 'string' },
  expires: { type: 'string' },
  grace: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  json: { type: 'boolean' },
  csv: { type: 'boolean' },
  'accept-missing': { type: 'boolean' },
  out: { type: 'string', short: 'o' },
  body: { type: 'string' },
  by: { type: 'string' },
  id: { type: 'string' },
  team: { type: 'string' },
  models: { type: 'string' },
  rpm: { type: 'string' },
  tpm: { type: 'string' },
  budget: { type: 'string' },
  write: { type: 'boolean' },
  debug: { type: 'boolean' },
  'detailed-debug': { type: 'boolean' },
  telemetry: { type: 'string' },
  'num-workers': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

const COMMANDS = ['serve', 'check', 'explain', 'import', 'keys', 'teams', 'accounts', 'usage', 'migrate', 'init'];

/** Options of LiteLLM that are common in its images and service files. */
const WITHOUT_EFFECT = ['debug', 'detailed-debug', 'telemetry'] as const;

/** The options on the command line. */
export type Options = ReturnType<typeof parse>['values'];

/** Runs one command. Returns the exit code, as soon as a server listens or the command has ended. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    terminal.error(`${(error as Error).message}\nSee portico --help.`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help === true) return done(HELP);
  if (values.version === true) return done(version());
  const [command = 'serve', ...rest] = positionals;
  for (const name of WITHOUT_EFFECT)
    if (values[name] !== undefined) terminal.error(`--${name} has no effect with this command.`);
  try {
    if (command === 'serve') return await serve(values, rest, terminal);
    if (command === 'check') return checkFile(rest[0] ?? values.config, terminal, values['accept-missing']);
    if (command === 'explain') return await explainCall(rest[0], values, terminal);
    if (command === 'import') return importFile(rest, values, terminal);
    // Without an action or a database: a key for the configuration file.
    if (command === 'keys' && rest.length === 0 && values.database === undefined) return createKey(values, terminal);
    if (command === 'keys') return await keyCommand(rest, values, terminal);
    if (command === 'teams') return await accountCommand('team', rest, values, terminal);
    if (command === 'accounts') return await accountCommand(undefined, rest, values, terminal);
    if (command === 'usage' && rest[0] === undefined && databaseOf(values, terminal) !== undefined) {
      return await usageCommand(values, terminal);
    }
    if (command === 'usage') return await showUsage(rest[0], values.by, terminal);
    if (command === 'migrate') return await migrate(values, terminal);
    if (command === 'init') return initApp(rest[0], values.write === true, terminal);
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error;
    terminal.error(error.message);
    return 1;
  }
  const near = nearestWord(command, COMMANDS);
  terminal.error(`There is no command "${command}"${near === undefined ? '' : `: did you mean "${near}"?`}\n\n${HELP}`);
  return 2;

  function done(text: string): number {
    terminal.out(text);
    return 0;
  }
}

function migrate(options: Options, terminal: Terminal): Promise<number> {
  // Every command brings the tables up to date before it does anything else.
  return withDatabase(options, terminal, () => {
    terminal.out('The database is up to date.');
    return Promise.resolve(0);
  });
}

function parse(args: readonly string[]) {
  // LiteLLM writes its options with underscores.
  const spelled = args.map((arg) => (arg.startsWith('--') ? arg.replace(/^[^=]+/, dashed) : arg));
  return parseArgs({ args: spelled, options: OPTIONS, allowPositionals: true });
}

function dashed(name: string): string {
  return name.replaceAll('_', '-');
}
