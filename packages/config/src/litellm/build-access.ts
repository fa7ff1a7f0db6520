import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type Authenticate,
  type Budget,
  type GatewayConfig,
  GatewayError,
  type Principal,
  secret,
} from '@portico/core';
import type { LoadedConfig } from '../loaded-config.js';
import { problem, type ReadContext } from '../read-context.js';
import type { SettingsDraft } from './draft.js';
import { SHORTEST_KEY } from './settings-keys.js';

/** Who may call, and the part of the configuration for it. */
export interface Access {
  readonly guard: LoadedConfig['guard'];
  readonly principal: Principal;
  readonly config: Pick<GatewayConfig, 'keys' | 'authenticate'>;
}

/** The only key of a file; without one, everybody may call, as in LiteLLM. */
export function buildAccess(settings: SettingsDraft, reading: ReadContext): Access {
  const budget = budgetOf(settings, reading);
  const { concurrentCalls } = settings;
  const bounds: Omit<Principal, 'id'> = {
    ...(budget !== undefined && { budget }),
    ...(concurrentCalls !== undefined && { limits: { concurrentCalls } }),
  };
  const key = settings.masterKey?.text ?? reading.environment.LITELLM_MASTER_KEY;
  if (key === undefined || key === '') {
    const everybody: Principal = { id: 'anonymous', ...bounds };
    // As a session instead of `anonymous`: pages of other sites must not spend what this machine may.
    return { guard: 'none', principal: everybody, config: { authenticate: () => everybody } };
  }
  const master: Principal = { id: 'master', ...bounds };
  if (key.length >= SHORTEST_KEY)
    return { guard: 'keys', principal: master, config: { keys: [{ key: secret(key), principal: master }] } };
  return { guard: 'short key', principal: master, config: { authenticate: byShortKey(key, master) } };
}

/** The gateway does not accept short keys as virtual keys; files with one keep working. */
function byShortKey(key: string, principal: Principal): Authenticate<unknown> {
  const expected = digest(key);
  return ({ request }) => {
    const authorization = request.header('authorization') ?? '';
    const shown = /^bearer /i.test(authorization)
      ? authorization.slice(7).trim()
      : (request.header('x-api-key') ?? request.header('api-key'));
    if (shown !== undefined && timingSafeEqual(digest(shown), expected)) return principal;
    const message =
      shown === undefined
        ? 'No credential was sent. Send the key as "Authorization: Bearer …".'
        : 'The API key is not valid here: check that it was copied completely.';
    throw new GatewayError('unauthenticated', message, { code: 'invalid_api_key' });
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const PERIODS: Readonly<Record<string, NonNullable<Budget['per']>>> = {
  '1h': 'hour',
  '60m': 'hour',
  '3600s': 'hour',
  '1d': 'day',
  '24h': 'day',
  '30d': 'month',
  '31d': 'month',
  '1mo': 'month',
};

function budgetOf({ budgetUsd, budgetPeriod }: SettingsDraft, reading: ReadContext): Budget | undefined {
  if (budgetUsd === undefined) return undefined;
  if (budgetPeriod === undefined) return { usd: budgetUsd, per: 'total' };
  const { text, node } = budgetPeriod;
  const per = Object.hasOwn(PERIODS, text) ? PERIODS[text] : undefined;
  if (per === undefined) {
    return problem(
      reading,
      node,
      `"${text}" is not a supported period. Supported: ${Object.keys(PERIODS).join(', ')}.`,
    );
  }
  return { usd: budgetUsd, per };
}
