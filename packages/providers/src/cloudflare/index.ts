import type { Connection, ConnectionSettings, Provider } from '@portico/core';
import { openAiCompatible } from '../openai-compatible.js';
import { wiresOfOthers } from '../openai-compatible-vendors.js';

const inOpenAisWire = openAiCompatible(wiresOfOthers.cloudflare);

/**
 * Cloudflare Workers AI in OpenAI's wire (https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility).
 * The option `accountId` says whose; an address of its native interface, `…/ai/run`, is asked beside it.
 */
export const cloudflare: Provider = { ...inOpenAisWire, connect };

function connect(settings: ConnectionSettings): Connection {
  const baseUrl = settings.baseUrl?.replace(/\/ai(?:\/run)?\/?$/, '/ai/v1');
  return inOpenAisWire.connect({ ...settings, baseUrl });
}
