import type { Connection, ConnectionSettings, Provider } from '@portico/core/provider';
import { openAiCompatible } from '../openai-compatible.js';
import { codecsOfOtherApis } from '../openai-compatible-vendors.js';

const openAiApi = openAiCompatible(codecsOfOtherApis.cloudflare);

/**
 * Cloudflare Workers AI with OpenAI's API
 * (https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility). The option `accountId` names
 * the account; for a URL of its native interface, `…/ai/run`, the OpenAI endpoint beside it is used.
 */
export const cloudflare: Provider = { ...openAiApi, connect };

function connect(settings: ConnectionSettings): Connection {
  const baseUrl = settings.baseUrl?.replace(/\/ai(?:\/run)?\/?$/, '/ai/v1');
  return openAiApi.connect({ ...settings, baseUrl });
}
