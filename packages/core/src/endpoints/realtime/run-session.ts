import type { UpstreamAnswer } from '../../answer.js';
import type { AttemptAccount } from '../../attempt-account.js';
import { type OpenSocketDeps, openSocket } from '../../attempts/open-socket.js';
import type { Attempt, Call } from '../../call.js';
import { GatewayError, superseded } from '../../errors.js';
import type { MessageSocket } from '../../message-socket.js';
import type { RealtimeOperation } from '../../operations/realtime-operation.js';
import type { RoutingContext } from '../../routing/route-scope.js';
import { NO_USAGE } from '../../usage/usage.js';
import { relaySession, type SessionRelayDeps } from './relay-session.js';

export type RunSessionDeps = Omit<OpenSocketDeps, 'endsAt' | 'cancellation'> &
  Omit<SessionRelayDeps, 'onEnd' | 'clock'>;

/** The upstream side of a realtime session, open. */
interface OpenSide {
  readonly account: AttemptAccount;
  readonly attempt: Attempt;
  readonly socket: MessageSocket;
}

/** Opens the upstream side, on any route, and then the client's; from then on messages are relayed. */
export async function runSession(
  call: Call<unknown, RealtimeOperation>,
  accept: () => Promise<MessageSocket>,
  follow: (runner: Pick<RoutingContext<OpenSide>, 'ask' | 'discard'>) => Promise<OpenSide>,
  deps: RunSessionDeps,
): Promise<UpstreamAnswer> {
  const { account, socket: upstream } = await follow({
    async ask(asked, { cancellation, endsAt }) {
      const socket = await openSocket(call, asked.deployment, asked.record, { ...deps, cancellation, endsAt });
      asked.firstContent();
      return { account: asked, attempt: asked.record, socket };
    },
    discard({ account: late, socket }) {
      socket.close(1000, '');
      late.end({ result: 'superseded', failure: superseded(), usage: NO_USAGE });
    },
  });
  const { deployment, record } = account;
  let client: MessageSocket;
  try {
    client = await accept();
  } catch (cause) {
    upstream.close(1000, '');
    const failure = new GatewayError('client_closed', 'The client disconnected before the realtime session was open.', {
      cause,
    });
    account.end({ result: 'client_gone', failure, usage: NO_USAGE });
    throw failure;
  }
  relaySession(call, deployment, client, upstream, {
    ...deps,
    // How it went says nothing about the deployment: any message of the caller may have made the upstream end it.
    onEnd: (end) => account.end({ ...end, isCharged: true, isInconclusive: true }),
  });
  return { kind: 'session', deployment, attempt: record };
}
