import type { IncomingMessage } from 'node:http';
import { type GatewayError, withErrorListener } from '@portico/core';
import type { MessageSocket } from '@portico/core/mount';
import type { UpstreamReply, UpstreamRequest } from '@portico/core/provider';
import { LONGEST_MESSAGE_BYTES, loadWs } from './load-ws.js';
import { messageSocket } from './message-socket.js';
import { networkFailure } from './network-failure.js';

/** Enough of an error response to classify it. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Opens a WebSocket to an upstream: no compression, no redirects, certificates always checked. */
export async function openUpstreamSocket(
  request: UpstreamRequest,
  refused: (reply: UpstreamReply, text: string) => GatewayError,
  certificateAuthority: string | undefined,
): Promise<MessageSocket> {
  const { WebSocket } = await loadWs();
  const { cancellation, origin, path, headers } = request;
  return new Promise((resolve, reject) => {
    if (cancellation.cancelled) return reject(cancellation.reason);
    const socket = withErrorListener(
      new WebSocket(origin.replace(/^http/, 'ws') + path, {
        headers: { ...headers },
        perMessageDeflate: false,
        followRedirects: false,
        maxPayload: LONGEST_MESSAGE_BYTES,
        rejectUnauthorized: true,
        ...(certificateAuthority !== undefined && { ca: certificateAuthority }),
      }),
      (error) => {
        forget();
        reject(networkFailure(error, origin, 'connecting'));
      },
    );
    const forget = cancellation.onCancel((reason) => {
      reject(reason);
      socket.terminate();
    });
    socket.once('open', () => {
      forget();
      resolve(messageSocket(socket));
    });
    socket.once('unexpected-response', (_sent, answered) => {
      const response = withErrorListener(answered);
      textOf(response).then(
        (text) => {
          forget();
          reject(refused(replyOf(response), text));
          socket.terminate();
        },
        (error: unknown) => reject(networkFailure(error, origin, 'reading')),
      );
    });
  });
}

function replyOf({ statusCode = 502, headers }: IncomingMessage): UpstreamReply {
  return {
    status: statusCode,
    headers: {
      get(name) {
        const value = headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
    },
    body: { start: (sink) => sink.end(), pause() {}, resume() {}, cancel() {} },
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    text += String(piece);
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return text;
}
