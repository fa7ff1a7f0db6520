import type { Call, Conversation } from '../call.js';
import type { ConversationOperation } from '../conversation-operation.js';
import { GatewayError } from '../errors.js';
import type { MessageSocket } from '../message-socket.js';
import type { RouteMeans } from '../routing/trip.js';
import type { Visit } from '../routing/visit.js';
import type { Answer } from '../upstream/ask-deployment.js';
import { type OpenSocketParts, openSocket } from '../upstream/open-socket.js';
import { type ConverseParts, converse } from './converse.js';
import type { Meter } from './meter.js';

export type RunConversationParts = Omit<OpenSocketParts, 'endsAt' | 'cancellation'> &
  Omit<ConverseParts, 'onEnd' | 'clock'>;

/** The upstream's side of a conversation, open. */
interface OpenSide {
  readonly visit: Visit;
  readonly socket: MessageSocket;
}

/** Opens the upstream's side, wherever the route leads, and then the client's; from there on the two converse. */
export async function runConversation(
  call: Call<unknown, ConversationOperation>,
  conversation: Conversation,
  meter: Meter,
  follow: (asking: Pick<RouteMeans<OpenSide>, 'ask' | 'discard'>) => Promise<OpenSide>,
  parts: RunConversationParts,
): Promise<Answer> {
  const { visit, socket: upstream } = await follow({
    async ask(asked, { cancellation, endsAt }) {
      const { deployment } = asked.standing;
      meter.asking(deployment);
      const socket = await openSocket(call, deployment, asked.attempt, { ...parts, cancellation, endsAt });
      asked.opened();
      return { visit: asked, socket };
    },
    discard({ visit: late, socket }) {
      socket.close(1000, '');
      late.abandoned();
    },
  });
  const { deployment } = visit.standing;
  let client: MessageSocket;
  try {
    client = await conversation.accept();
  } catch (cause) {
    upstream.close(1000, '');
    visit.abandoned();
    throw new GatewayError('client_closed', 'The client left before the conversation was open.', { cause });
  }
  converse(call, deployment, client, upstream, {
    ...parts,
    onEnd(outcome, failure, usage, costNanoUsd) {
      // How it went says nothing about the deployment: any message of the caller may have made the upstream end it.
      visit.abandoned(usage);
      meter.conversationEnded(outcome, failure, usage, costNanoUsd, deployment, visit.attempt);
    },
  });
  return { kind: 'conversation', deployment, attempt: visit.attempt };
}
