import type { Clock } from '../clock.js';
import { isPromise } from '../encoding/json.js';
import { FAILURES, GatewayError } from '../errors.js';

/**
 * Runs a hook that decides on a request. Whatever it throws becomes a rejection, and only what it meant for the client reaches the client;
 * one that never finishes is a rejection too.
 */
export async function decide<T>(hook: () => T | Promise<T>, clock: Clock, timeoutMs: number): Promise<T> {
  try {
    const decision = hook();
    return isPromise(decision) ? await inTime(decision, clock, timeoutMs) : decision;
  } catch (error) {
    throw hookFailure(error);
  }
}

function inTime<T>(decision: Promise<T>, clock: Clock, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = clock.after(timeoutMs, () => {
      reject(
        new GatewayError(
          'internal',
          `A hook of this application did not decide on the request within ${timeoutMs} ms.`,
        ),
      );
    });
    decision.then(resolve, reject).finally(forget);
  });
}

/** What a hook threw as the failure of its call. */
export function hookFailure(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const status = statusOf(error);
  if (status === undefined) {
    return new GatewayError('internal', 'A hook of this application failed while it decided on the request.', {
      cause: error,
    });
  }
  const kind =
    status === 401
      ? 'unauthenticated'
      : status === 429
        ? 'over_rate_limit'
        : status === 403
          ? 'forbidden'
          : 'invalid_input';
  const message = error instanceof Error && error.message !== '' ? error.message : 'The request was refused.';
  return new GatewayError(kind, message, { status, code: FAILURES[kind].code, cause: error });
}

/** The 4xx status of an HTTP error of any framework: `status`, `statusCode` or `getStatus()`. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, statusCode, getStatus } = error as { status?: unknown; statusCode?: unknown; getStatus?: unknown };
  const found: unknown = typeof getStatus === 'function' ? getStatus.call(error) : (status ?? statusCode);
  return typeof found === 'number' && found >= 400 && found < 500 ? found : undefined;
}
