/**
 * A WebSocket that is open. Like `ByteSource` it has one owner, who starts it and ends it; messages that come before the
 * start wait.
 */
export interface MessageSocket {
  start(sink: MessageSink): void;
  /** False where its peer reads more slowly than it is sent to: `drained` follows. */
  send(message: string | Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** Ends it in order; what was sent before still arrives. */
  close(code: number, reason: string): void;
}

export interface MessageSink {
  message(message: string | Uint8Array): void;
  drained(): void;
  /** It is over, whoever ended it; nothing comes after. Code 1006 where it broke off. */
  closed(code: number, reason: string): void;
}
