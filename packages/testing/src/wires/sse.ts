/** One server-sent event before it is formatted. Anything but a string is sent as JSON. */
export interface SseEvent {
  readonly event?: string;
  readonly data: unknown;
}

/** How events are formatted: their line ends, and whether JSON is split over several `data:` lines. */
export interface SseFormat {
  readonly lineEnd?: '\n' | '\r\n' | '\r';
  readonly multiline?: boolean;
}

/** Formats one event, including the blank line. */
export function formatEvent({ event, data }: SseEvent, { lineEnd = '\n', multiline = false }: SseFormat = {}): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data, null, multiline ? 1 : undefined);
  const lines = text.split('\n').map((line) => `data: ${line}`);
  if (event !== undefined) lines.unshift(`event: ${event}`);
  return `${lines.join(lineEnd)}${lineEnd}${lineEnd}`;
}
