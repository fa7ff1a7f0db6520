import type { Cancellation } from '../cancellation.js';
import type { Interceptor } from '../interceptor.js';
import { withMaskedPrint } from '../secret.js';
import type { Send, UpstreamReply } from '../transport.js';

/** Wraps `send` in the interceptors, the first outermost. Costs nothing where there are none. */
export function interceptedSend(interceptors: readonly Interceptor[], send: Send): Send {
  if (interceptors.length === 0) return send;
  const wrapped = interceptors.reduceRight((next, wrap) => wrap(masking(next)), send);
  return (request) => untilCancelled(wrapped(request), request.cancellation);
}

/** One that adds a header hands on headers of its own making; they must print masked for the next as well. */
function masking(next: Send): Send {
  return (request) => {
    const headers = withMaskedPrint(request.headers);
    return next(headers === request.headers ? request : { ...request, headers });
  };
}

/** The attempt ends in time, whatever an interceptor is waiting for (h01). */
function untilCancelled(reply: Promise<UpstreamReply>, cancellation: Cancellation): Promise<UpstreamReply> {
  return new Promise((resolve, reject) => {
    const forget = cancellation.onCancel((reason) => {
      reject(reason);
      // What comes after all is nobody's.
      reply.then(
        (late) => late.body.cancel(reason),
        () => {},
      );
    });
    reply.then(resolve, reject).finally(forget);
  });
}
