import type { AttemptEnd } from '../attempt-account.js';
import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import type { ConversationOperation } from '../conversation-operation.js';
import type { Deployment } from '../deployment.js';
import { type FailureKind, GatewayError } from '../errors.js';
import type { Admission } from '../governance/admission.js';
import { costOf } from '../governance/cost.js';
import type { PriceBook } from '../governance/price-sheet.js';
import type { MessageSocket } from '../message-socket.js';
import { NO_USAGE, sumOfUsage, type Usage } from '../usage.js';

export interface ConverseParts {
  readonly clock: Clock;
  readonly admission: Admission;
  readonly prices: PriceBook;
  /** Called once: how it ended, and what all of it used and cost. */
  onEnd(end: ConversationEnd): void;
}

/** How a conversation ended. */
export interface ConversationEnd extends AttemptEnd {
  readonly result: 'ok' | 'incomplete' | 'client_gone';
}

/**
 * Lets a client and an upstream converse, and owns both of their sockets: whatever happens, it ends both. Each answer is
 * charged as it is told, and the one that leaves no room for another is the last.
 */
export function converse(
  call: Call<unknown, ConversationOperation>,
  deployment: Deployment,
  client: MessageSocket,
  upstream: MessageSocket,
  { clock, admission, prices, onEnd }: ConverseParts,
): void {
  const { operation, principal } = call;
  let usage: Usage = NO_USAGE;
  let cost: number | undefined = 0;
  let over = false;
  const longestMs = call.conversation?.longestMs ?? 0;
  const stopTimer = clock.after(longestMs, () =>
    breakOff(new GatewayError('timeout', `A conversation lasts ${longestMs} ms at most. Begin another.`)),
  );
  let unlink = () => {};
  // Revoked, or closing.
  unlink = call.cancellation.onCancel((reason) => breakOff(asFailure(reason)));
  if (over) return;

  client.start({
    message(message) {
      if (over) return;
      const sent = typeof message === 'string' ? operation.toUpstream(message) : message;
      if (!upstream.send(sent)) client.pause();
    },
    drained: () => upstream.resume(),
    closed(code, reason) {
      if (over) return;
      const left = code === BROKE_OFF;
      upstream.close(left ? 1000 : sendable(code), reason);
      if (left) end('client_gone', new GatewayError('client_closed', 'The client broke the conversation off.'));
      else end('ok', undefined);
    },
  });
  upstream.start({
    message(message) {
      if (over) return;
      const full = !client.send(message);
      if (full) upstream.pause();
      const used = typeof message === 'string' ? operation.usageOfMessage(message) : undefined;
      if (used !== undefined) charge(used);
    },
    drained: () => client.resume(),
    closed(code, reason) {
      if (over) return;
      if (code === 1000 || code === NO_CODE) {
        client.close(1000, reason);
        return end('ok', undefined);
      }
      const words = `"${deployment.id}" ended the conversation with code ${code}${reason === '' ? '' : `: ${reason}`}.`;
      breakOff(new GatewayError('upstream_error', words), sendable(code));
    },
  });

  function charge(used: Usage): void {
    usage = sumOfUsage(usage, used);
    const sheet = prices.sheetOf(deployment);
    const price = sheet && costOf(used, sheet);
    cost = cost === undefined || price === undefined ? undefined : cost + price;
    // It never rejects.
    void admission.charge(principal, used, price).then((refusal) => {
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
    onEnd({ result, failure, usage, costNanoUsd: cost ?? 'unknown' });
  }
}

/** RFC 6455 §7.1.5: what is told where no close frame came, or one without a code. */
const BROKE_OFF = 1006;
const NO_CODE = 1005;

/** RFC 6455 §7.4.1: policy violation for what the caller may not do any more, going away for what we do; else an error. */
const CLOSE_CODES: Partial<Readonly<Record<FailureKind, number>>> = {
  unauthenticated: 1008,
  forbidden: 1008,
  over_budget: 1008,
  over_rate_limit: 1008,
  unavailable: 1001,
  timeout: 1001,
};

/** Codes that mean "there was none" are never sent. */
function sendable(code: number): number {
  if (code === NO_CODE) return 1000;
  const isOwn = code >= 3000 && code <= 4999;
  const isKnown = code >= 1000 && code <= 1014 && code !== 1004 && code !== BROKE_OFF;
  return isOwn || isKnown ? code : 1011;
}

function asFailure(reason: unknown): GatewayError {
  if (reason instanceof GatewayError) return reason;
  return new GatewayError('internal', 'The conversation was ended.', { cause: reason });
}
