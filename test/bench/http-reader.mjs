const NOTHING = Buffer.alloc(0);
const READING = { head: 0, body: 1, chunkSize: 2, chunk: 3, chunkEnd: 4, trailer: 5 };

/**
 * Reads HTTP/1.1 messages from a socket's bytes: just enough for the upstream and the client of the benchmark, which
 * must leave their core as idle as they can. Returns the function to feed.
 */
export function readHttp({ onHead, onBody, onEnd }) {
  let rest = NOTHING;
  let state = READING.head;
  let missing = 0;

  return (bytes) => {
    const buffer = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    for (;;) {
      if (state === READING.body || state === READING.chunk) {
        const end = Math.min(at + missing, buffer.length);
        if (end > at) onBody(buffer.subarray(at, end));
        missing -= end - at;
        at = end;
        if (missing > 0) break;
        state = state === READING.chunk ? READING.chunkEnd : READING.head;
        if (state === READING.head) onEnd();
        continue;
      }
      const mark = state === READING.head ? '\r\n\r\n' : '\r\n';
      const end = buffer.indexOf(mark, at, 'latin1');
      if (end === -1) break;
      const line = buffer.latin1Slice(at, end);
      at = end + mark.length;
      if (state === READING.head) {
        const head = line.toLowerCase();
        const isChunked = head.includes('transfer-encoding: chunked');
        missing = isChunked ? 0 : Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
        state = isChunked ? READING.chunkSize : READING.body;
        onHead(head);
      } else if (state === READING.chunkSize) {
        missing = Number.parseInt(line, 16);
        state = missing === 0 ? READING.trailer : READING.chunk;
      } else if (state === READING.chunkEnd) {
        state = READING.chunkSize;
      } else if (line === '') {
        state = READING.head;
        onEnd();
      }
    }
    rest = at === buffer.length ? NOTHING : buffer.subarray(at);
  };
}
