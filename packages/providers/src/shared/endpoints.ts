import type { UpstreamOperationName } from '@portico/core';
import type { RelayedOperationName } from '@portico/core/provider';
import { type BaseUrl, joinPath } from './base-url.js';

/** The paths of OpenAI's API, below the base URL. */
const ENDPOINTS: Readonly<Record<UpstreamOperationName, string>> = {
  'chat.completions': '/chat/completions',
  messages: '/messages',
  'messages.count_tokens': '/messages/count_tokens',
  responses: '/responses',
  'responses.compact': '/responses/compact',
  completions: '/completions',
  embeddings: '/embeddings',
  moderations: '/moderations',
  rerank: '/rerank',
  'images.generations': '/images/generations',
  'images.edits': '/images/edits',
  'audio.speech': '/audio/speech',
  'audio.transcriptions': '/audio/transcriptions',
  'audio.translations': '/audio/translations',
};

/** Path and query of each operation below a base URL. */
export function endpointPaths(
  base: BaseUrl,
  operations: readonly UpstreamOperationName[],
  query: Readonly<Record<string, string>> = {},
): Readonly<Partial<Record<UpstreamOperationName, string>>> {
  return Object.fromEntries(operations.map((operation) => [operation, joinPath(base, ENDPOINTS[operation], query)]));
}

/** The paths of what is forwarded unchanged. */
const RELAYS = { files: '/files', batches: '/batches' } as const satisfies Partial<
  Record<RelayedOperationName, string>
>;

/** Path and query of the collections of files and batches below a base URL. */
export function storagePaths(
  base: BaseUrl,
  query: Readonly<Record<string, string>> = {},
): Readonly<Record<keyof typeof RELAYS, string>> {
  return { files: joinPath(base, RELAYS.files, query), batches: joinPath(base, RELAYS.batches, query) };
}
