import type { CaseLine } from '@portico/testing';
import { DIFFERENCES } from './differences.js';

const LEGACY_CALL = 'a call of the older kind, which a client of another wire cannot ask for';
const GAPS = 'the recording leaves out most of the pieces; the gateway hands on those that came';

const SERVER_TOOL = 'a tool that the vendor has run itself is no call for the client';

/** The same for every client, by id. */
const OF_ALL: Readonly<Record<string, string>> = {
  ...DIFFERENCES,
  'bedrock/converse-document--us-anthropic-claude-haiku-4-c9e358':
    'the text stands inside its citations, where the recording did not look for it',
  'bedrock/converse-parallel-tools--us-amazon-nova-2-lite-v1-0-528244': SERVER_TOOL,
  'bedrock/converse-parallel-tools-stream--us-amazon-nova-2-lite-v1-0-10b54b': SERVER_TOOL,
};

/** Recorded answers that are rightly read otherwise, by client and id, each with its reason. Not more than 3 % of a wire. */
const WIRE_DIFFERENCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  chat: { 'openai/responses-cache-stream--nomodel-abeb64': GAPS },
  responses: {
    'openai/responses-cache-stream--nomodel-abeb64': GAPS,
    'openai/chat-tools-unused--gpt-3-5-turbo-a5f6dc': LEGACY_CALL,
  },
  messages: {
    'openai/responses-cache-stream--nomodel-abeb64': GAPS,
    'openai/chat-tools-unused--gpt-3-5-turbo-a5f6dc': LEGACY_CALL,
    'groq/chat-parallel-tools--llama-3-3-70b-versatile-d38c23':
      'the vendor says null for no arguments; on this wire they are an empty object',
  },
};

/** Why a client of a wire rightly reads something else than was recorded; undefined where it reads the same. */
export function differenceOf(line: CaseLine, client: string): string | undefined {
  return OF_ALL[line.id] ?? WIRE_DIFFERENCES[client]?.[line.id];
}
