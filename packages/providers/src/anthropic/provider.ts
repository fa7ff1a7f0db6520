import { reveal, Secret } from '@portico/core';
import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { baseUrlOf, joinPath } from '../shared/base-url.js';
import { remainingInAnthropicHeaders } from '../shared/remaining-limits.js';
import { betasIn, withBetas } from './betas.js';
import { chatCompletions } from './chat-completions.js';
import { classify } from './classify.js';
import { countTokens, messagesWithBetas } from './messages.js';

/**
 * Anthropic's Messages API (https://docs.claude.com/en/api/messages). Options: `authToken`, a bearer token that is
 * sent instead of a key; `betas`, names for the `anthropic-beta` header.
 */
export const anthropic: Provider = {
  name: 'anthropic',
  keyVariables: ['ANTHROPIC_API_KEY'],
  // A token may replace the key; `connect` requires one of the two.
  needsKey: false,
  codecs: { 'chat.completions': chatCompletions, messages: messagesWithBetas, 'messages.count_tokens': countTokens },
  connect,
  classify,
  roomLeft: remainingInAnthropicHeaders,
};

const USUAL_BASE_URL = 'https://api.anthropic.com';
const USUAL_API_VERSION = '2023-06-01';
const OPTIONS = ['authToken', 'betas'];

/** Tokens of Claude accounts, unlike those of another gateway in between, need this beta. */
const ACCOUNT_TOKEN = 'sk-ant-oat';
const ACCOUNT_TOKEN_BETA = 'oauth-2025-04-20';

function connect(settings: ConnectionSettings): Connection {
  const unknown = Object.keys(settings.options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw new Error(`anthropic has no option "${unknown}". It has: ${OPTIONS.join(', ')}.`);
  const base = baseUrlOf(settings, USUAL_BASE_URL, 'anthropic');
  const token = tokenOf(settings.options.authToken);
  const betas = betasOf(settings.options.betas);
  if (token?.startsWith(ACCOUNT_TOKEN)) betas.push(ACCOUNT_TOKEN_BETA);
  const endpoint = base.path.endsWith('/v1') ? '/messages' : '/v1/messages';
  const path = joinPath(base, endpoint);
  return {
    origin: base.origin,
    paths: {
      'chat.completions': path,
      messages: path,
      'messages.count_tokens': joinPath(base, `${endpoint}/count_tokens`),
    },
    headers: withBetas(
      {
        'anthropic-version': settings.apiVersion ?? USUAL_API_VERSION,
        ...credential(settings, token),
        ...settings.headers,
      },
      betas,
    ),
  };
}

// Never both: with a key as well, the token would be ignored and the wrong account charged.
function credential(settings: ConnectionSettings, token: string | undefined): Record<string, string> {
  if ('x-api-key' in settings.headers || 'authorization' in settings.headers) return {};
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (settings.apiKey !== undefined) return { 'x-api-key': reveal(settings.apiKey) };
  throw new Error(
    'anthropic has no credential. Set ANTHROPIC_API_KEY in the environment, or give "apiKey" or "options.authToken".',
  );
}

function tokenOf(option: unknown): string | undefined {
  if (option === undefined) return undefined;
  const token = option instanceof Secret ? reveal(option) : option;
  if (typeof token === 'string' && token !== '') return token;
  throw new Error('"options.authToken" of anthropic must be a token as text or as a secret.');
}

function betasOf(value: unknown): string[] {
  if (value === undefined) return [];
  const names: unknown[] = Array.isArray(value) ? value : [value];
  if (!names.every((name) => typeof name === 'string')) {
    throw new Error('"options.betas" of anthropic must be a list of beta names.');
  }
  return names.flatMap(betasIn);
}
