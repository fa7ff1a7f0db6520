// Compiled, never run: every line that must not compile says so.
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { expectTypeOf } from 'vitest';
import { type FastifyGateway, llmGateway } from '../src/index.js';

const app = fastify();

const llm = llmGateway({
  closeGraceMs: 5_000,
  models: {
    fast: 'openai/gpt-4o-mini',
    smart: { deployments: ['anthropic/claude-sonnet-4-5'], fallbacks: ['fast'] },
  },
  authenticate: ({ req, reply, request }) => {
    expectTypeOf(req).toEqualTypeOf<FastifyRequest>();
    expectTypeOf(reply).toEqualTypeOf<FastifyReply>();
    expectTypeOf(request.requestId).toBeString();
    return undefined;
  },
});

// It is a plugin, and the gateway.
app.register(llm, { prefix: '/llm' });
expectTypeOf(llm).toEqualTypeOf<FastifyGateway<'fast' | 'smart'>>();
expectTypeOf(llm.modelNames).toEqualTypeOf<readonly ('fast' | 'smart')[]>();

// Names are those of the configuration.
const as = { id: 'nightly-job' };
void llm.chat({ model: 'fast', messages: [] }, { as });
// @ts-expect-error there is no such model
void llm.chat({ model: 'fats', messages: [] }, { as });

// A hook written for Express, or for Koa, is none for Fastify.
const ofExpress = ({ req }: { readonly req: { readonly session: { readonly user: string } } }) => ({
  id: req.session.user,
});
// @ts-expect-error nobody has put a session on its request
llmGateway({ models: { fast: 'openai/gpt-4o-mini' }, authenticate: ofExpress });
const ofKoa = ({ ctx }: { readonly ctx: { readonly user: string } }) => ({ id: ctx.user });
// @ts-expect-error there is no `ctx` here
llmGateway({ models: { fast: 'openai/gpt-4o-mini' }, authenticate: ofKoa });
