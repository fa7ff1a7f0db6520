import type { GatewayError } from '../errors.js';
import type { ErrorSpelling } from '../operation.js';

/** `{"error":{…}}`, as the official clients of the chat wire read it, whole or inside a stream. */
export const errorShape: ErrorSpelling = {
  body: spell,
  event: (error, requestId) => `data: ${spell(error, requestId)}\n\n`,
};

function spell(error: GatewayError, requestId: string): string {
  return JSON.stringify({
    error: {
      message: error.message,
      type: error.type,
      param: error.param ?? null,
      code: error.code,
      kind: error.kind,
      request_id: requestId,
    },
  });
}
