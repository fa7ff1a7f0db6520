import type { AbstractHttpAdapter } from '@nestjs/core';

/**
 * Fastify refuses every type of body that it has no parser for, before any route sees it. Where the host has none for
 * forms, they are let through unread: whoever answers reads them.
 */
export function letFormsThrough(adapter: AbstractHttpAdapter | undefined): void {
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
