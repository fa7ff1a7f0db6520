import type { GatewayError } from '../../errors.js';
import type { ErrorFormat } from '../../operation.js';

/** `{"error":{…}}`, as the official clients of the chat API read it, whole or in a stream. */
export const errorFormat: ErrorFormat = {
  body: format,
  event: (error, requestId) => `data: ${format(error, requestId)}\n\n`,
};

function format(error: GatewayError, requestId: string): string {
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
