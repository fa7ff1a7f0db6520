import type { Cancellation } from '../cancellation.js';
import type { Interceptor } from '../hooks/interceptor.js';
import { withMaskedPrint } from '../secret.js';
import type { Send, UpstreamReply } from '../transport.js';

/** Wraps `send` in the interceptors, the first outermost. Costs nothing if there are none. */
export function interceptedSend(interceptors: readonly Interceptor[], send: Send): Send {
  if (interceptors.length === 0) return send;
  const wrapped = interceptors.reduceRight((next, wrap) => wrap(masking(next)), send);
  return (request) => untilCancelled(wrapped(request), request.cancellation);
}

/** An interceptor that adds a header passes on a new object; it must hide its values from the next one as well. */
function masking(next: Send): Send {
  return (request) => {
    const headers = withMaskedPrint(request.headers);
    return next(headers === request.headers ? request : { ...request, headers });
  };
}

/** The attempt ends in time, even if an interceptor never returns. */
function untilCancelled(reply: Promise<UpstreamReply>, cancellation: Cancellation): Promise<UpstreamReply> {
  return new Promise((resolve, reject) => {
    const forget = cancellation.onCancel((reason) => {
      reject(reason);
      // A response that arrives after that is discarded.
      reply.then(
        (late) => late.body.cancel(reason),
        () => {},
      );
    });
    reply.then(resolve, reject).finally(forget);
  });
}
