import type { Clock } from '@portico/core';

export interface RedisStoreOptions {
  /**
   * How all keys and channels begin, so that gateways with nothing in common can use one Redis: the same in every instance
   * of one gateway. Default `portico`.
   */
  readonly prefix?: string;
  /** The gateway's own, where it has one: limits start anew and rests end by it. */
  readonly clock?: Clock;
}

/**
 * The braces make it a hash tag. All limits of a call are reserved in one step, which a cluster can do only for keys of one
 * slot: so a gateway is on one node of a cluster, and several gateways spread over it.
 */
export function keyPrefix({ prefix = 'portico' }: RedisStoreOptions): string {
  if (prefix === '' || /[{}]/.test(prefix)) {
    throw new TypeError(`A prefix of keys has at least one character and no braces, unlike "${prefix}".`);
  }
  return `{${prefix}}:`;
}
