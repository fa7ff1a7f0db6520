import { Cancellation } from '../cancellation.js';
import { asGatewayError, type GatewayError, superseded } from '../errors.js';
import type { RouteScope, RoutingContext } from './route-scope.js';

/** Starts an attempt, which ends when its cancellation fires. Rejects with a `GatewayError`. */
export type Start<Answer> = (cancellation: Cancellation) => Promise<Answer>;

/**
 * The first attempt starts at once, each further one when `afterMs` have passed or all before it have failed, and
 * only if the caller's limits allow one more. The first answer wins; the others are aborted, and their cost is
 * recorded.
 */
export async function race<Answer>(
  starts: readonly Start<Answer>[],
  /** From one start to the next; undefined if the usual duration is not known. */
  afterMs: () => number | undefined,
  scope: RouteScope,
  ctx: RoutingContext<Answer>,
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
      // The winner stays bound to it: its stream continues after the race.
      const unlink = scope.cancellation.onCancel((reason) => runner.cancel(reason));
      start(runner).then(
        (answer) => won(runner, answer),
        (error: unknown) => {
          unlink();
          lost(runner, asGatewayError(error));
        },
      );
      const delayMs = next < starts.length ? afterMs() : undefined;
      if (delayMs !== undefined) stopTimer = ctx.clock.after(delayMs, () => void beginAnother());
    }

    /** A further one runs in parallel, and may cost as much again. */
    async function beginAnother(): Promise<void> {
      const hasRoom = await Promise.resolve(ctx.reserveExtra()).catch(() => false);
      if (hasRoom) begin();
    }

    function won(runner: Cancellation, answer: Answer): void {
      if (isOver) return ctx.discard(answer);
      end();
      runners.delete(runner);
      for (const other of runners) other.cancel(superseded());
      resolve(answer);
    }

    function lost(runner: Cancellation, failure: GatewayError): void {
      runners.delete(runner);
      if (isOver) return;
      firstFailure ??= failure;
      const goesOn = failure.traits.failover === 'always' && !scope.cancellation.cancelled;
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
