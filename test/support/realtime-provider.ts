import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

/** A session as the vendor sees it. */
interface Session {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: WebSocket;
  /** What the client said, in order. */
  readonly heard: Record<string, unknown>[];
  closed: { readonly code: number; readonly reason: string } | undefined;
}

export interface RealtimeProvider {
  readonly origin: string;
  readonly sessions: readonly Session[];
  /** Refuses the next handshakes with this. */
  refuseWith: { readonly status: number; readonly body: object } | undefined;
  /** Answers begin and are never done. */
  neverDone: boolean;
}

const USAGE = {
  total_tokens: 30,
  input_tokens: 20,
  output_tokens: 10,
  input_token_details: { text_tokens: 4, audio_tokens: 16, cached_tokens: 0 },
  output_token_details: { text_tokens: 3, audio_tokens: 7 },
};

/** A vendor to converse with, as OpenAI spells it: it greets, echoes, and says for each answer what it took. */
export async function startRealtimeProvider(key: string): Promise<RealtimeProvider> {
  const sessions: Session[] = [];
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  const provider: { -readonly [K in keyof RealtimeProvider]: RealtimeProvider[K] } = {
    origin: '',
    sessions,
    refuseWith: undefined,
    neverDone: false,
  };
  server.on('upgrade', (req, socket, head) => {
    const isKnown = req.headers.authorization === `Bearer ${key}` || req.headers['api-key'] === key;
    const refusal = isKnown
      ? provider.refuseWith
      : { status: 401, body: { error: { message: `Incorrect API key: ${key}` } } };
    if (refusal !== undefined) {
      const body = JSON.stringify(refusal.body);
      socket.end(
        `HTTP/1.1 ${refusal.status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(req, socket, head, (open) => serve(open, req.url ?? '', req.headers));
  });

  function serve(socket: WebSocket, url: string, headers: IncomingHttpHeaders): void {
    const session: Session = { url, headers, socket, heard: [], closed: undefined };
    sessions.push(session);
    const say = (event: object) => socket.send(JSON.stringify(event));
    say({ type: 'session.created', event_id: 'event_1', session: { type: 'realtime' } });
    socket.on('close', (code, reason) => {
      session.closed = { code, reason: reason.toString() };
    });
    socket.on('message', (data: Buffer) => {
      const event = JSON.parse(data.toString()) as Record<string, unknown>;
      session.heard.push(event);
      if (event.type === 'session.update') say({ type: 'session.updated', session: event.session });
      if (event.type !== 'response.create') return;
      say({ type: 'response.output_text.delta', delta: provider.neverDone ? 'Hello '.repeat(4_000) : 'Hello' });
      if (provider.neverDone) return;
      say({ type: 'response.done', response: { id: 'resp_1', status: 'completed', usage: USAGE } });
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
    server.close();
  });
  provider.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return provider;
}
