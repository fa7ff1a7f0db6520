import type { ErrorAnswer } from '@portico/core/provider';

/**
 * An error inside an answer that began successfully, for classification: it has no status and no headers of its own.
 */
export function errorInside(body: unknown, text: string): ErrorAnswer {
  return { status: 200, headers: NO_HEADERS, body, text };
}

const NO_HEADERS = { get: () => undefined };
