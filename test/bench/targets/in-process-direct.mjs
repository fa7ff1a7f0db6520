import OpenAI from 'openai';
import { chatRequest } from '../payloads.mjs';

/** The official client, straight to the upstream: what in-process calls are measured against. */
export async function start(upstreamUrl) {
  const openai = new OpenAI({ baseURL: `${upstreamUrl}/v1`, apiKey: 'sk-bench', maxRetries: 0 });
  const request = chatRequest({ stream: false });
  return { call: () => openai.chat.completions.create(request) };
}
