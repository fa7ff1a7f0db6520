import type { Clock } from '@portico/core';

export interface RedisStoreOptions {
  /**
   * The prefix of all keys and channels, so that several gateways can use one Redis: the same in every instance of
   * one gateway, a different one per gateway. Default `portico`.
   */
  readonly prefix?: string;
  /** The gateway's own clock, if it has one: it decides the reset of limits and the end of cooldowns. */
  readonly clock?: Clock;
}

/**
 * The braces make it a hash tag. All limits of a call are reserved in one step, which a cluster supports only for
 * keys of one slot: so one gateway uses one node of a cluster, and several gateways are spread over it.
 */
export function keyPrefix({ prefix = 'portico' }: RedisStoreOptions): string {
  if (prefix === '' || /[{}]/.test(prefix)) {
    throw new TypeError(`The key prefix must have at least one character and no braces; found "${prefix}".`);
  }
  return `{${prefix}}:`;
}
