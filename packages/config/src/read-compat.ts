import type { GatewayConfig } from '@portico/core';
import { problem, type Reading, textOf } from './reading.js';
import { type ConfigNode, shownValue } from './yaml/config-node.js';

/** What the key does. */
export const COMPAT_SAYS =
  "the server looks like LiteLLM's proxy to its clients, whose requests may steer themselves, and keeps its defaults";

/** What it is to the gateway. */
export const LITELLM_COMPAT = { compat: 'litellm', requestOverrides: true } as const satisfies Partial<GatewayConfig>;

/** Reads `compat: litellm`, the only one there is. */
export function readCompat(node: ConfigNode, reading: Reading): boolean | undefined {
  const name = textOf(node, reading);
  if (name === undefined || name === 'litellm') return name && true;
  return problem(reading, node, `must be "litellm", and is ${shownValue(node)}.`);
}
