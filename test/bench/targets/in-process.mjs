import { createGateway } from '@portico/node';
import OpenAI from 'openai';
import { chatRequest } from '../payloads.mjs';
import { fullConfig, GOVERNED } from './gateway-config.mjs';

/** The official client through the gateway in its own process: no socket between them, everything switched on. */
export async function start(upstreamUrl) {
  const gateway = createGateway(fullConfig(upstreamUrl));
  const openai = new OpenAI({
    baseURL: 'http://portico/v1',
    apiKey: 'unused',
    maxRetries: 0,
    fetch: gateway.fetchAs(GOVERNED),
  });
  const request = chatRequest({ stream: false });
  return { call: () => openai.chat.completions.create(request) };
}
