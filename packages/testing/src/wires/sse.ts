/** One server-sent event before it is spelled out. Anything but a string is sent as JSON. */
export interface SseEvent {
  readonly event?: string;
  readonly data: unknown;
}

/** How events are spelled: what ends a line, and whether JSON is spread over several `data:` lines. */
export interface SseSpelling {
  readonly lineEnd?: '\n' | '\r\n' | '\r';
  readonly multiline?: boolean;
}

/** Spells one event as it goes over the wire, blank line included. */
export function spellEvent({ event, data }: SseEvent, { lineEnd = '\n', multiline = false }: SseSpelling = {}): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data, null, multiline ? 1 : undefined);
  const lines = text.split('\n').map((line) => `data: ${line}`);
  if (event !== undefined) lines.unshift(`event: ${event}`);
  return `${lines.join(lineEnd)}${lineEnd}${lineEnd}`;
}
