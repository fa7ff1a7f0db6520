import type { Framework } from './app.js';

/** How an app identifies a logged-in user, and how that becomes a principal. */
export interface SessionLibrary {
  /** Its packages. */
  readonly packages: readonly string[];
  readonly framework: Framework;
  /** The value of `authenticate`, or for Nest of `principalOf`. */
  readonly authenticate: string;
}

/** If there are several, the first one in this list is used. */
const LIBRARIES: readonly SessionLibrary[] = [
  library('express', ['passport', '@auth/express'], '({ req }) => req.user && { id: String(req.user.id) }'),
  library('express', ['express-openid-connect'], '({ req }) => req.oidc.user && { id: req.oidc.user.sub }'),
  library('express', ['express-oauth2-jwt-bearer'], '({ req }) => req.auth && { id: String(req.auth.payload.sub) }'),
  library('express', ['express-jwt'], '({ req }) => req.auth && { id: String(req.auth.sub) }'),
  library(
    'express',
    ['express-session', 'cookie-session'],
    '({ req }) => req.session?.user && { id: String(req.session.user.id) }',
  ),
  library('koa', ['koa-passport', 'koa-jwt'], '({ ctx }) => ctx.state.user && { id: String(ctx.state.user.id) }'),
  library(
    'koa',
    ['koa-session', 'koa-generic-session', 'koa-session-minimal'],
    '({ ctx }) => ctx.session?.user && { id: String(ctx.session.user.id) }',
  ),
  library('fastify', ['@fastify/passport'], '({ req }) => req.user && { id: String(req.user.id) }'),
  library('fastify', ['@fastify/jwt'], '({ req }) => req.jwtVerify().then((user) => ({ id: String(user.sub) }))'),
  library(
    'fastify',
    ['@fastify/secure-session'],
    "({ req }) => req.session.get('user') && { id: String(req.session.get('user').id) }",
  ),
  library('fastify', ['@fastify/session'], '({ req }) => req.session.user && { id: String(req.session.user.id) }'),
  library(
    'hono',
    ['hono/jwt', '@hono/clerk-auth', '@hono/auth-js'],
    "({ c }) => c.get('jwtPayload') && { id: String(c.get('jwtPayload').sub) }",
  ),
  library(
    'hono',
    ['hono-sessions', '@hono/session'],
    "({ c }) => c.get('session')?.get('user') && { id: String(c.get('session').get('user').id) }",
  ),
  library(
    'nestjs',
    ['@nestjs/passport', '@nestjs/jwt', 'passport', 'express-session'],
    '(user) => ({ id: String((user as { id: unknown }).id) })',
  ),
];

/** The libraries of a framework, the most specific first. */
export function sessionLibraries(framework: Framework): readonly SessionLibrary[] {
  return LIBRARIES.filter((library) => library.framework === framework);
}

function library(framework: Framework, packages: readonly string[], authenticate: string): SessionLibrary {
  return { framework, packages, authenticate };
}
