import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import { isJsonObject, type JsonObject } from '../encoding/json.js';
import type { GatewayError } from '../errors.js';
import type { Logger } from '../logger.js';

/** How long a refusal is remembered: an upstream that is updated is asked again within this time. */
const REMEMBERED_MS = 10 * 60_000;

/** Deployments that refuse to be asked for usage in a stream (f44): those are asked without for some minutes. */
export class UsageRefusers {
  readonly #until = new WeakMap<Deployment, number>();
  readonly #clock: Clock;
  readonly #logger: Logger | undefined;

  constructor(clock: Clock, logger?: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  has(deployment: Deployment): boolean {
    const until = this.#until.get(deployment);
    if (until === undefined) return false;
    const leftMs = until - this.#clock.now();
    if (leftMs > 0 && leftMs <= REMEMBERED_MS) return true;
    this.#until.delete(deployment);
    return false;
  }

  add(deployment: Deployment): void {
    this.#until.set(deployment, this.#clock.now() + REMEMBERED_MS);
    this.#logger?.warn(
      { deployment: deployment.id, forMs: REMEMBERED_MS },
      'a deployment refuses stream_options.include_usage; the usage of its streams is estimated for now',
    );
  }
}

const USAGE_WORDS = /stream_options|include_usage/;

/**
 * Whether a failure says that the upstream refuses to be asked for usage. The vendor's own words decide, and only where
 * nothing of the caller's can have caused them: what was sent asks for usage and for nothing else of streams, and the
 * caller's part of the request does not hold these words.
 */
export function refusesUsage(failure: GatewayError, sent: JsonObject): boolean {
  if (failure.kind !== 'invalid_input' || !USAGE_WORDS.test(failure.message)) return false;
  const { stream_options: options, ...rest } = sent;
  if (!isJsonObject(options) || options.include_usage !== true || Object.keys(options).length !== 1) return false;
  return !USAGE_WORDS.test(JSON.stringify(rest));
}
