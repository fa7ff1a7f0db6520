import { Cancellation, GatewayError, type MaybePromise, type SignMeans, type UpstreamRequest } from '@portico/core';

/** What ends one day and is then fetched anew. */
export interface Expiring {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What a source may use. Its requests end when `cancellation` fires. */
export interface SourceMeans extends SignMeans {
  readonly cancellation: Cancellation;
  readonly attempt: UpstreamRequest['attempt'];
}

/** Gets a new credential. */
export type Source<Credential extends Expiring> = (means: SourceMeans) => Promise<Credential>;

/** Gives the credential to use now: at once where it is known. */
export type Give<Credential extends Expiring> = (
  means: SignMeans,
  request: UpstreamRequest,
) => MaybePromise<Credential>;

/** A new one is fetched this long before the old one ends, so that the server it comes from may be away for as long. */
const EARLY_MS = 5 * 60_000;
/** An old one still serves until then: a request takes its time to arrive, and clocks differ. */
const SPARE_MS = 30_000;
/** Longest a fetch may take. Calls have deadlines of their own; this is for the next calls. */
const LONGEST_FETCH_MS = 20_000;

/**
 * Keeps what a source gives until shortly before it ends. However many calls want a new one, it is fetched once. `what` is
 * its name in messages.
 */
export function kept<Credential extends Expiring>(
  source: Source<Credential>,
  who: string,
  what: string,
): Give<Credential> {
  let known: Credential | undefined;
  let fetching: Promise<Credential> | undefined;

  return (means, request) => {
    const now = means.clock.now();
    if (known !== undefined && now < known.expiresAt - EARLY_MS) return known;
    fetching ??= fetch(means, request).finally(() => {
      fetching = undefined;
    });
    if (known !== undefined && now < known.expiresAt - SPARE_MS) {
      // Whoever comes after the end will hear why it failed.
      fetching.catch(() => {});
      return known;
    }
    return untilCancelled(fetching, request.cancellation);
  };

  async function fetch(means: SignMeans, request: UpstreamRequest): Promise<Credential> {
    // Not the call's own: others wait for the same credential after its client has left.
    const cancellation = new Cancellation();
    const takeBack = means.clock.after(LONGEST_FETCH_MS, () =>
      cancellation.cancel(new GatewayError('timeout', `${who} was given no ${what} within ${LONGEST_FETCH_MS} ms.`)),
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
