import type { GatewayConfig } from '@portico/core';
import { problem, type ReadContext, textOf } from './read-context.js';
import { type ConfigNode, shownValue } from './yaml/config-node.js';

/** What the key does. */
export const COMPAT_MESSAGE =
  "the server imitates LiteLLM's proxy: its headers, its defaults, and routing overrides in requests";

/** What it is to the gateway. */
export const LITELLM_COMPAT = { compat: 'litellm', requestOverrides: true } as const satisfies Partial<GatewayConfig>;

/** Reads `compat: litellm`, the only value. */
export function readCompat(node: ConfigNode, reading: ReadContext): boolean | undefined {
  const name = textOf(node, reading);
  if (name === undefined || name === 'litellm') return name && true;
  return problem(reading, node, `must be "litellm", and is ${shownValue(node)}.`);
}
