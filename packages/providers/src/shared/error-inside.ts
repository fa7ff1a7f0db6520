import type { ErrorAnswer } from '@portico/core';

/** An error inside an answer that began well, for those who classify errors: it has no status and no headers of its own. */
export function errorInside(body: unknown, text: string): ErrorAnswer {
  return { status: 200, headers: NO_HEADERS, body, text };
}

const NO_HEADERS = { get: () => undefined };
