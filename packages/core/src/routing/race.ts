import { Cancellation } from '../cancellation.js';
import { asGatewayError, GatewayError } from '../errors.js';
import type { RouteMeans, Trip } from './trip.js';

/** Begins an attempt of its own, which ends when its cancellation fires. Rejects with a `GatewayError`. */
export type Start<Answer> = (cancellation: Cancellation) => Promise<Answer>;

/**
 * The first start at once, each further one when `afterMs` have passed or all before it have failed, and only if the
 * caller's limits have room for one more. The first that answers wins; the others are aborted, and accounted for.
 */
export async function race<Answer>(
  starts: readonly Start<Answer>[],
  /** From one start to the next; undefined if nobody knows how long would be long. */
  afterMs: () => number | undefined,
  trip: Trip,
  means: RouteMeans<Answer>,
): Promise<Answer> {
  return await new Promise<Answer>((resolve, reject) => {
    const runners = new Set<Cancellation>();
    let next = 0;
    let isOver = false;
    let firstFailure: GatewayError | undefined;
    let stopTimer: (() => void) | undefined;
    begin();

    function begin(): void {
      const start = starts[next++];
      if (start === undefined || isOver) return;
      const runner = new Cancellation();
      runners.add(runner);
      // The winner stays bound to it: its stream goes on after the race.
      const unlink = trip.cancellation.onCancel((reason) => runner.cancel(reason));
      start(runner).then(
        (answer) => won(runner, answer),
        (error: unknown) => {
          unlink();
          lost(runner, asGatewayError(error));
        },
      );
      const delayMs = next < starts.length ? afterMs() : undefined;
      if (delayMs !== undefined) stopTimer = means.clock.after(delayMs, () => void beginAnother());
    }

    /** A further one runs beside those that run already, and may cost as much again. */
    async function beginAnother(): Promise<void> {
      const hasRoom = await Promise.resolve(means.mayAskTwice()).catch(() => false);
      if (hasRoom) begin();
    }

    function won(runner: Cancellation, answer: Answer): void {
      if (isOver) return means.discard(answer);
      end();
      runners.delete(runner);
      for (const other of runners) other.cancel(superseded());
      resolve(answer);
    }

    function lost(runner: Cancellation, failure: GatewayError): void {
      runners.delete(runner);
      if (isOver) return;
      firstFailure ??= failure;
      const goesOn = failure.traits.elsewhere === 'yes' && !trip.cancellation.cancelled;
      if (runners.size > 0 && goesOn) return;
      stopTimer?.();
      if (goesOn && next < starts.length) return begin();
      end();
      for (const other of runners) other.cancel(superseded());
      reject(firstFailure);
    }

    function end(): void {
      isOver = true;
      stopTimer?.();
    }
  });
}

function superseded(): GatewayError {
  return new GatewayError('superseded', 'Another attempt was faster.');
}
