import { fullConfig } from './gateway-config.mjs';
import { serveOnNode } from './serve-on-node.mjs';

export function start(upstreamUrl) {
  return serveOnNode(fullConfig(upstreamUrl));
}
