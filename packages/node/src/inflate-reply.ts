import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { GatewayError, withErrorListener } from '@portico/core';
import type { ByteSink, ByteSource, UpstreamReply } from '@portico/core/provider';

/** Decompresses a response that was compressed although that was not requested; any other is returned unchanged. */
export function inflated(reply: UpstreamReply, encoding: string): UpstreamReply {
  const open = INFLATERS[encoding.trim().toLowerCase()];
  if (open === undefined) return reply;
  return {
    status: reply.status,
    headers: { get: (name) => (DESCRIBES_PACKED.has(name) ? undefined : reply.headers.get(name)) },
    body: inflatedBody(reply.body, open()),
  };
}

type Inflater = ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress>;

const INFLATERS: Readonly<Record<string, () => Inflater>> = {
  gzip: () => withErrorListener(createGunzip()),
  'x-gzip': () => withErrorListener(createGunzip()),
  deflate: () => withErrorListener(createInflate()),
  br: () => withErrorListener(createBrotliDecompress()),
};

const DESCRIBES_PACKED = new Set(['content-encoding', 'content-length']);

function inflatedBody(packed: ByteSource, inflater: Inflater): ByteSource {
  let told = false;
  return {
    start(sink: ByteSink) {
      function fail(error: unknown) {
        if (told) return;
        told = true;
        inflater.destroy();
        sink.fail(error);
      }
      inflater.on('data', (chunk: Uint8Array) => {
        if (!told) sink.bytes(chunk);
      });
      inflater.on('end', () => {
        if (told) return;
        told = true;
        sink.end();
      });
      inflater.on('drain', () => packed.resume());
      inflater.on('error', (cause) => {
        packed.cancel(cause);
        fail(
          new GatewayError('network', 'The upstream sent a compressed answer that cannot be decompressed.', { cause }),
        );
      });
      packed.start({
        bytes: (chunk) => {
          if (!inflater.write(chunk)) packed.pause();
        },
        end: () => inflater.end(),
        fail,
      });
    },
    pause: () => inflater.pause(),
    resume: () => inflater.resume(),
    cancel(reason) {
      told = true;
      inflater.destroy();
      packed.cancel(reason);
    },
  };
}
