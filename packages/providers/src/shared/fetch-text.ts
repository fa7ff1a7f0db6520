import { GatewayError } from '@portico/core';
import type { Cancellation, Send, UpstreamRequest } from '@portico/core/provider';

/** A small answer, such as a token's. */
export interface TextAnswer {
  readonly status: number;
  readonly text: string;
}

export interface TextQuestion {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly cancellation: Cancellation;
  /** Of the call that needs it. */
  readonly attempt: UpstreamRequest['attempt'];
}

/** No token is longer; a server cannot fill our memory. */
const MAX_BYTES = 256 * 1024;

/**
 * Sends a small request, and returns its status and text. Rejects as `send` does, and with the cancellation's reason.
 */
export async function fetchText(send: Send, question: TextQuestion): Promise<TextAnswer> {
  const { method, url, headers, body, cancellation, attempt } = question;
  const path = `${url.pathname}${url.search}`;
  const reply = await send({ method, origin: url.origin, path, headers, body, cancellation, attempt });
  const { status } = reply;
  return new Promise((resolve, reject) => {
    const utf8 = new TextDecoder();
    let text = '';
    let bytes = 0;
    let isOver = false;
    let forget = () => {};
    const stop = (reason: unknown) => {
      if (isOver) return;
      isOver = true;
      forget();
      reply.body.cancel(reason);
      reject(reason);
    };
    forget = cancellation.onCancel(stop);
    if (isOver) return;
    reply.body.start({
      bytes(chunk) {
        // What a source had on its way when it was cancelled still comes.
        if (isOver) return;
        bytes += chunk.byteLength;
        if (bytes > MAX_BYTES) stop(new GatewayError('upstream_error', `${url.host} sent too large a response.`));
        else text += utf8.decode(chunk, { stream: true });
      },
      end() {
        forget();
        resolve({ status, text: text + utf8.decode() });
      },
      fail(error) {
        forget();
        reject(error);
      },
    });
  });
}
