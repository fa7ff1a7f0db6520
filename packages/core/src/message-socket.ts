/**
 * An open WebSocket. Like `ByteSource` it has one owner, who starts it and ends it; messages before the start are
 * queued.
 */
export interface MessageSocket {
  start(sink: MessageSink): void;
  /** False if its peer reads more slowly than messages are sent: `drained` follows. */
  send(message: string | Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** Closes it regularly; messages sent before still arrive. */
  close(code: number, reason: string): void;
}

export interface MessageSink {
  message(message: string | Uint8Array): void;
  drained(): void;
  /** It is closed, by either side; nothing follows. Code 1006 if the connection was lost. */
  closed(code: number, reason: string): void;
}
