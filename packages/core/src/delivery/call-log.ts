import type { Attempt } from '../call.js';
import type { Clock } from '../clock.js';
import type { FailureKind, GatewayError } from '../errors.js';
import type { Refusal } from '../hooks/observer.js';
import type { Logger } from '../logger.js';

/** Lines of one kind in a window; what comes beyond is counted. */
const LINES_PER_WINDOW = 5;
const WINDOW_MS = 10_000;

/** Deployments of wildcards are named by clients: their number must be bounded. */
const MAX_KEYS = 1_000;

/** The caller's own doing: an attempt that ended so says nothing to an operator. */
const QUIET: ReadonlySet<FailureKind> = new Set(['client_closed', 'superseded', 'invalid_input']);

/**
 * What went wrong, for the operator: clients are told little of it. Of each deployment, and of each kind of refusal, a few lines
 * in ten seconds are logged; the first line of the next window says how many were not.
 */
export class CallLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #windows = new Map<string, { startedAt: number; lines: number }>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** One upstream request failed. Its failure holds no credential: that was redacted before. */
  attemptFailed(requestId: string, attempt: Readonly<Attempt>, failure: GatewayError): void {
    if (QUIET.has(failure.kind)) return;
    const skipped = this.#skipped(attempt.deployment);
    if (skipped === undefined) return;
    const { deployment, status, upstreamRequestId, startedAt, endedAt } = attempt;
    this.#logger.warn(
      {
        requestId,
        deployment,
        failure: failure.kind,
        ...(status !== undefined && { status }),
        ...(upstreamRequestId !== undefined && { upstreamRequestId }),
        ...(endedAt !== undefined && { ms: endedAt - startedAt }),
        reason: reasonOf(failure),
        ...(skipped > 0 && { skippedLines: skipped }),
      },
      'An upstream request failed.',
    );
  }

  /** A request was refused before it became a call. */
  refused({ id, operation, principal, model, failure, status }: Refusal, error: GatewayError): void {
    // What failed inside is logged as an error, with its cause.
    if (failure === 'internal' || (QUIET.has(failure) && error.detail === undefined)) return;
    const skipped = this.#skipped(`refused: ${failure}`);
    if (skipped === undefined) return;
    this.#logger.warn(
      {
        requestId: id,
        operation,
        ...(principal !== undefined && { principal: principal.id }),
        ...(model !== undefined && { model }),
        failure,
        status,
        reason: reasonOf(error),
        ...(skipped > 0 && { skippedLines: skipped }),
      },
      'A request was refused.',
    );
  }

  /** A deployment is not used for a while. */
  cooldownBegan(deployment: string, cooldownMs: number, failure: GatewayError): void {
    this.#logger.warn({ deployment, cooldownMs, failure: failure.kind }, 'A deployment goes into cooldown.');
  }

  /** How many lines were left out before this one; undefined if this one is left out too. */
  #skipped(key: string): number | undefined {
    const now = this.#clock.now();
    let window = this.#windows.get(key);
    if (window === undefined || now - window.startedAt >= WINDOW_MS || now < window.startedAt) {
      const skipped = Math.max(0, (window?.lines ?? 0) - LINES_PER_WINDOW);
      if (window === undefined && this.#windows.size >= MAX_KEYS) this.#windows.clear();
      window = { startedAt: now, lines: 1 };
      this.#windows.set(key, window);
      return skipped;
    }
    window.lines += 1;
    return window.lines > LINES_PER_WINDOW ? undefined : 0;
  }
}

/** Longest reason in a line; vendors answer with whole pages. */
const MAX_REASON = 500;

function reasonOf({ message, detail, cause }: GatewayError): string {
  const because =
    cause instanceof Error && cause.message !== '' && !message.includes(cause.message) ? ` (${cause.message})` : '';
  return `${message}${detail === undefined ? '' : ` ${detail}`}${because}`.slice(0, MAX_REASON);
}
