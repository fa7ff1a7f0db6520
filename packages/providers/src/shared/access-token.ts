import { Cancellation, GatewayError, type MaybePromise, type SignMeans, type UpstreamRequest } from '@portico/core';

/** A token of OAuth, and until when it is good. */
export interface AccessToken {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** The project that pays, where the credential names one. */
  readonly quotaProject?: string;
}

/** What a source may use. Its requests end when `cancellation` fires. */
export interface SourceMeans extends SignMeans {
  readonly cancellation: Cancellation;
  readonly attempt: UpstreamRequest['attempt'];
}

/** Gets a new token. */
export type TokenSource = (means: SourceMeans) => Promise<AccessToken>;

/** Gives the token to use now: at once where it is known. */
export type GiveToken = (means: SignMeans, request: UpstreamRequest) => MaybePromise<AccessToken>;

/** A new token is fetched this long before the old one ends, so that a server of tokens may be away for as long. */
const EARLY_MS = 5 * 60_000;
/** An old token still serves until then: a request takes its time to arrive, and clocks differ. */
const SPARE_MS = 30_000;
/** Longest a fetch may take. Calls have deadlines of their own; this is for the next calls. */
const LONGEST_FETCH_MS = 20_000;

/** Keeps the token of a source until shortly before it ends. However many calls want a new one, it is fetched once. */
export function cachedToken(source: TokenSource, who: string): GiveToken {
  let known: AccessToken | undefined;
  let fetching: Promise<AccessToken> | undefined;

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

  async function fetch(means: SignMeans, request: UpstreamRequest): Promise<AccessToken> {
    // Not the call's own: others wait for the same token after its client has left.
    const cancellation = new Cancellation();
    const takeBack = means.clock.after(LONGEST_FETCH_MS, () =>
      cancellation.cancel(new GatewayError('timeout', `${who} was given no token within ${LONGEST_FETCH_MS} ms.`)),
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

function untilCancelled<Value>(value: Promise<Value>, cancellation: Cancellation): Promise<Value> {
  return new Promise((resolve, reject) => {
    const forget = cancellation.onCancel(reject);
    value.then(resolve, reject).finally(forget);
  });
}
