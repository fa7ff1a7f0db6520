import type { DeploymentDetails, FailureKind } from '@portico/core';
import type { FakeProvider } from '@portico/testing';
import { askChat } from './ask-chat.js';
import { askMessages } from './ask-messages.js';
import { askResponses } from './ask-responses.js';
import type { ClientView, ErrorView, Question } from './client-view.js';
import { WIRES, type WireName } from './gateway-on.js';
import type { Mounted } from './mounts.js';

export type ClientName = 'chat' | 'messages' | 'responses';

export type Upstream = (provider: FakeProvider, model: string) => DeploymentDetails;

/** An official client, as the faults are played to it. */
interface FaultClient {
  ask(mounted: Mounted, question: Question): Promise<ClientView>;
  /** What it asks for beyond the question, from the words of chat completions to its own. */
  spell(asks: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Who answers it on a wire. */
  upstream(wire: WireName): Upstream;
  /** What its wire says of a failure, besides the kind. */
  errorOf(kind: FailureKind): Partial<ErrorView>;
}

interface ChatTool {
  readonly function: { readonly name: string; readonly parameters: object };
}

export const CLIENTS: Readonly<Record<ClientName, FaultClient>> = {
  chat: { ask: askChat, spell: (asks) => asks, upstream: (wire) => WIRES[wire], errorOf: () => ({}) },
  messages: {
    ask: askMessages,
    spell: inOwnTools(({ name, parameters }) => ({ name, input_schema: parameters })),
    upstream: (wire) => WIRES[wire],
    errorOf: (kind) => ({ type: ERRORS_OF_MESSAGES[kind] ?? 'api_error' }),
  },
  responses: {
    ask: askResponses,
    spell: inOwnTools((tool) => ({ type: 'function', strict: false, ...tool })),
    // OpenAI itself speaks the wire, and the fake provider does not: it is asked as those are who only have chat completions.
    upstream: (wire) => (provider, model) => {
      const own: DeploymentDetails = WIRES[wire](provider, model);
      return { ...own, model: own.model.replace(/^openai\//, 'custom_openai/') };
    },
    errorOf: () => ({}),
  },
};

/** https://docs.claude.com/en/api/errors */
const ERRORS_OF_MESSAGES: Partial<Readonly<Record<FailureKind, string>>> = {
  rate_limited: 'rate_limit_error',
  quota_exhausted: 'billing_error',
  overloaded: 'overloaded_error',
  timeout: 'timeout_error',
  context_too_long: 'invalid_request_error',
  content_filtered: 'invalid_request_error',
  invalid_input: 'invalid_request_error',
  upstream_model_not_found: 'not_found_error',
};

function inOwnTools(spellTool: (tool: ChatTool['function']) => object): FaultClient['spell'] {
  return ({ tools, ...rest }) => ({
    ...rest,
    ...(tools !== undefined && { tools: (tools as readonly ChatTool[]).map((tool) => spellTool(tool.function)) }),
  });
}
