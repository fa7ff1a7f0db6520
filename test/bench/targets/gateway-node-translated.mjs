import { plainConfig } from './gateway-config.mjs';
import { serveOnNode } from './serve-on-node.mjs';

/** The same gateway in front of a model that speaks Anthropic's wire: every answer is told anew in OpenAI's. */
export function start(upstreamUrl) {
  const model = { model: 'anthropic/claude-sonnet-4-5', baseUrl: upstreamUrl, apiKey: 'sk-bench' };
  return serveOnNode({ ...plainConfig(upstreamUrl), models: { fast: [model] } });
}
