import type { AbstractHttpAdapter } from '@nestjs/core';

/**
 * Fastify rejects body types without a parser before any route runs. If the host has no parser for forms, they are
 * passed through unread, and the route reads them.
 */
export function allowMultipart(adapter: AbstractHttpAdapter | undefined): void {
  if (adapter?.getType?.() !== 'fastify') return;
  const fastify: FastifyLike = adapter.getInstance();
  if (fastify.hasContentTypeParser(FORM)) return;
  fastify.addContentTypeParser(FORM, (_request, _payload, done) => done(null));
}

const FORM = 'multipart/form-data';

interface FastifyLike {
  hasContentTypeParser(type: string): boolean;
  addContentTypeParser(
    type: string,
    parse: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): void;
}
