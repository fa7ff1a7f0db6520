import type { Admission } from '../../accounts/admission.js';
import type { AttemptEnd } from '../../attempt-account.js';
import type { Call } from '../../call.js';
import type { Clock } from '../../clock.js';
import type { Deployment } from '../../deployment.js';
import { type FailureKind, GatewayError } from '../../errors.js';
import type { MessageSocket } from '../../message-socket.js';
import type { RealtimeOperation } from '../../operations/realtime-operation.js';
import { costOf } from '../../pricing/cost.js';
import type { PriceCatalog } from '../../pricing/price-sheet.js';
import { NO_USAGE, sumOfUsage, type Usage } from '../../usage/usage.js';

export interface SessionRelayDeps {
  readonly clock: Clock;
  readonly admission: Admission;
  readonly prices: PriceCatalog;
  /** Called once: how it ended, and what all of it used and cost. */
  onEnd(end: ConversationEnd): void;
}

/** How a conversation ended. */
interface ConversationEnd extends AttemptEnd {
  readonly result: 'ok' | 'incomplete' | 'client_gone';
}

/**
 * Relays messages between a client and an upstream, and owns both sockets: it always ends both. Each answer is
 * charged when it is reported, and the session ends with the first one that exceeds the limits.
 */
export function relaySession(
  call: Call<unknown, RealtimeOperation>,
  deployment: Deployment,
  client: MessageSocket,
  upstream: MessageSocket,
  { clock, admission, prices, onEnd }: SessionRelayDeps,
): void {
  const { operation, maxDurationMs } = call;
  let usage: Usage = NO_USAGE;
  let cost: number | undefined = 0;
  let over = false;
  const meter = operation.openMeter();
  const stopTimer = clock.after(maxDurationMs, () =>
    breakOff(new GatewayError('timeout', `A realtime session lasts at most ${maxDurationMs} ms. Start a new one.`)),
  );
  let unlink = () => {};
  // Revoked, or closing.
  unlink = call.cancellation.onCancel((reason) => breakOff(asFailure(reason)));
  if (over) return;

  client.start({
    message(message) {
      if (over) return;
      const sent = readable(message);
      if (sent === undefined) return;
      meter.sent(sent);
      if (!upstream.send(sent)) client.pause();
    },
    drained: () => upstream.resume(),
    closed(code, reason) {
      if (over) return;
      const left = code === BROKE_OFF;
      upstream.close(left ? 1000 : sendable(code), reason);
      if (left) end('client_gone', new GatewayError('client_closed', 'The client dropped the realtime session.'));
      else end('ok', undefined);
    },
  });
  upstream.start({
    message(message) {
      if (over) return;
      const full = !client.send(message);
      if (full) upstream.pause();
      if (typeof message !== 'string') return;
      const used = operation.usageOfMessage(message);
      if (used === undefined) return meter.received(message);
      meter.reported();
      charge(used);
    },
    drained: () => client.resume(),
    closed(code, reason) {
      if (over) return;
      if (code === 1000 || code === NO_CODE) {
        client.close(1000, reason);
        return end('ok', undefined);
      }
      const words = `"${deployment.id}" ended the realtime session with code ${code}${reason === '' ? '' : `: ${reason}`}.`;
      breakOff(new GatewayError('upstream_error', words), sendable(code));
    },
  });

  /** What to send of a client's message; undefined, and the client hears why, if it is not readable. */
  function readable(message: string | Uint8Array): string | undefined {
    try {
      return operation.toUpstream(message);
    } catch (error) {
      client.send(operation.failure(asFailure(error), call.id));
      return undefined;
    }
  }

  function charge(used: Usage): void {
    usage = sumOfUsage(usage, used);
    const sheet = prices.sheetOf(deployment);
    const price = sheet && costOf(used, sheet);
    cost = cost === undefined || price === undefined ? undefined : cost + price;
    // It never rejects.
    void admission.charge(call, used, price).then((refusal) => {
      if (refusal !== undefined) breakOff(refusal);
    });
  }

  function breakOff(failure: GatewayError, code = CLOSE_CODES[failure.kind] ?? 1011): void {
    if (over) return;
    client.send(operation.failure(failure, call.id));
    client.close(code, failure.code);
    upstream.close(1000, '');
    end(failure.kind === 'client_closed' ? 'client_gone' : 'incomplete', failure);
  }

  function end(result: ConversationEnd['result'], failure: GatewayError | undefined): void {
    over = true;
    stopTimer();
    unlink();
    // An answer that was under way has been had, and the vendor bills it.
    const rest = meter.unreported();
    if (rest !== undefined) charge(rest);
    onEnd({ result, failure, usage, costNanoUsd: cost ?? 'unknown' });
  }
}

/** RFC 6455 §7.1.5: the code if there was no close frame, or one without a code. */
const BROKE_OFF = 1006;
const NO_CODE = 1005;

/**
 * RFC 6455 §7.4.1: policy violation if the caller may not continue, going away if the gateway closes; else an error.
 */
const CLOSE_CODES: Partial<Readonly<Record<FailureKind, number>>> = {
  unauthenticated: 1008,
  forbidden: 1008,
  over_budget: 1008,
  over_rate_limit: 1008,
  unavailable: 1001,
  timeout: 1001,
};

/** Codes that mean "no code" are never sent. */
function sendable(code: number): number {
  if (code === NO_CODE) return 1000;
  const isOwn = code >= 3000 && code <= 4999;
  const isKnown = code >= 1000 && code <= 1014 && code !== 1004 && code !== BROKE_OFF;
  return isOwn || isKnown ? code : 1011;
}

function asFailure(reason: unknown): GatewayError {
  if (reason instanceof GatewayError) return reason;
  return new GatewayError('internal', 'The realtime session was ended.', { cause: reason });
}
