import { resolve } from 'node:path';
import { type LoadedConfig, loadConfig, nearestWord } from '@portico/config';
import { GatewayError, isJsonObject, type JsonObject, type Principal } from '@portico/core';
import { createGateway } from '@portico/node';
import type { Options } from '../run.js';
import type { Terminal } from '../terminal.js';
import { paintFor } from '../usage/usage-table.js';
import { explanationText } from './explanation-text.js';

/** The default request. */
const GREETING = [{ role: 'user', content: 'Hello.' }];

/** `portico explain MODEL --config FILE`: what would happen to a call, without calling a model. */
export async function explainCall(model: string | undefined, options: Options, terminal: Terminal): Promise<number> {
  const file = options.config ?? terminal.environment.CONFIG_FILE_PATH;
  if (model === undefined || file === undefined) {
    return misused('Name the model and the configuration: portico explain fast --config config.yaml');
  }
  const body = bodyOf(options.body);
  if (body === undefined) return misused('--body is the rest of the request as JSON: --body \'{"max_tokens": 100}\'');
  const loaded = loadConfig(resolve(terminal.folder, file), { environment: terminal.environment, shownAs: file });
  const caller = callerOf(loaded, options.id);
  if (typeof caller === 'string') return misused(caller);

  const gateway = createGateway(loaded.config);
  try {
    const explanation = await gateway.explain({ model, as: caller, body: { messages: GREETING, ...body } });
    terminal.out(explanationText(explanation, caller.id, paintFor(terminal.colours)));
    return 0;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    terminal.error(`The call would be rejected: ${error.status} ${error.code}: ${error.message}`);
    return 1;
  } finally {
    await gateway.close();
  }

  function misused(message: string): number {
    terminal.error(message);
    return 2;
  }
}

/** The owner of one of the keys, or the anonymous caller; an error as a sentence if there is none. */
function callerOf({ config, principal }: LoadedConfig, id: string | undefined): Principal | string {
  const { keys = [], anonymous } = config;
  const known = [principal, anonymous, ...keys.map((key) => key.principal)].filter((each) => each !== undefined);
  const found = id === undefined ? known[0] : known.find((each) => each.id === id);
  if (found !== undefined) return found;
  if (id === undefined) return { id: 'anybody' };
  const names = known.map((each) => each.id);
  const near = nearestWord(id, names);
  return `No key belongs to "${id}"${near === undefined ? '' : ` (did you mean "${near}"?)`}. There are: ${names.join(', ')}.`;
}

function bodyOf(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
