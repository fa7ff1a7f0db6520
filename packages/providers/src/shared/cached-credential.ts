import { GatewayError, type MaybePromise } from '@portico/core';
import { Cancellation, type SigningContext, type UpstreamRequest } from '@portico/core/provider';

/** A value that expires and is then fetched again. */
export interface Expiring {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What a source may use. Its requests end when `cancellation` fires. */
export interface SourceContext extends SigningContext {
  readonly cancellation: Cancellation;
  readonly attempt: UpstreamRequest['attempt'];
}

/** Gets a new credential. */
export type Source<Credential extends Expiring> = (means: SourceContext) => Promise<Credential>;

/** Returns the current credential: at once if it is cached. */
export type GetCredential<Credential extends Expiring> = (
  means: SigningContext,
  request: UpstreamRequest,
) => MaybePromise<Credential>;

/** A new one is fetched this long before the old one expires, so that its server may be unavailable for as long. */
const EARLY_MS = 5 * 60_000;
/** An old one is used until then: a request takes time to arrive, and clocks differ. */
const SPARE_MS = 30_000;
/** Longest time for a fetch. Calls have deadlines of their own; this is for later calls. */
const LONGEST_FETCH_MS = 20_000;

/**
 * Caches the value of a source until shortly before it expires. Concurrent calls share one fetch. `what` is its name
 * in messages.
 */
export function cachedCredential<Credential extends Expiring>(
  source: Source<Credential>,
  providerName: string,
  what: string,
): GetCredential<Credential> {
  let known: Credential | undefined;
  let fetching: Promise<Credential> | undefined;

  return (means, request) => {
    const now = means.clock.now();
    if (known !== undefined && now < known.expiresAt - EARLY_MS) return known;
    fetching ??= fetch(means, request).finally(() => {
      fetching = undefined;
    });
    if (known !== undefined && now < known.expiresAt - SPARE_MS) {
      // Calls that come after the end get the reason why it failed.
      fetching.catch(() => {});
      return known;
    }
    return untilCancelled(fetching, request.cancellation);
  };

  async function fetch(means: SigningContext, request: UpstreamRequest): Promise<Credential> {
    // Not the call's own cancellation: other calls wait for the same credential after its client has disconnected.
    const cancellation = new Cancellation();
    const takeBack = means.clock.after(LONGEST_FETCH_MS, () =>
      cancellation.cancel(new GatewayError('timeout', `${providerName} got no ${what} within ${LONGEST_FETCH_MS} ms.`)),
    );
    try {
      const fetched = source({ ...means, cancellation, attempt: request.attempt });
      known = await untilCancelled(fetched, cancellation);
      return known;
    } finally {
      takeBack();
    }
  }
}

/** The value, or the reason of the cancellation if that comes first. */
function untilCancelled<Value>(value: Promise<Value>, cancellation: Cancellation): Promise<Value> {
  return new Promise((resolve, reject) => {
    const forget = cancellation.onCancel(reject);
    value.then(resolve, reject).finally(forget);
  });
}
