import type { AttemptAccount } from '../attempt-account.js';
import type { Attempt, Call, Conversation } from '../call.js';
import type { ConversationOperation } from '../conversation-operation.js';
import { GatewayError, superseded } from '../errors.js';
import type { MessageSocket } from '../message-socket.js';
import type { RouteMeans } from '../routing/trip.js';
import type { Answer } from '../upstream/ask-deployment.js';
import { type OpenSocketParts, openSocket } from '../upstream/open-socket.js';
import { NO_USAGE } from '../usage.js';
import { type ConverseParts, converse } from './converse.js';

export type RunConversationParts = Omit<OpenSocketParts, 'endsAt' | 'cancellation'> &
  Omit<ConverseParts, 'onEnd' | 'clock'>;

/** The upstream's side of a conversation, open. */
interface OpenSide {
  readonly account: AttemptAccount;
  readonly attempt: Attempt;
  readonly socket: MessageSocket;
}

/** Opens the upstream's side, wherever the route leads, and then the client's; from there on the two converse. */
export async function runConversation(
  call: Call<unknown, ConversationOperation>,
  conversation: Conversation,
  follow: (asking: Pick<RouteMeans<OpenSide>, 'ask' | 'discard'>) => Promise<OpenSide>,
  parts: RunConversationParts,
): Promise<Answer> {
  const { account, socket: upstream } = await follow({
    async ask(asked, { cancellation, endsAt }) {
      const socket = await openSocket(call, asked.deployment, asked.record, { ...parts, cancellation, endsAt });
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
    client = await conversation.accept();
  } catch (cause) {
    upstream.close(1000, '');
    const failure = new GatewayError('client_closed', 'The client left before the conversation was open.', { cause });
    account.end({ result: 'client_gone', failure, usage: NO_USAGE });
    throw failure;
  }
  converse(call, deployment, client, upstream, {
    ...parts,
    // How it went says nothing about the deployment: any message of the caller may have made the upstream end it.
    onEnd: (end) => account.end({ ...end, isCharged: true, isInconclusive: true }),
  });
  return { kind: 'conversation', deployment, attempt: record };
}
