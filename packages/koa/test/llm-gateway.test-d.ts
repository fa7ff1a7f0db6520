// Compiled, never run: every line that must not compile says so.
import Koa, { type Context } from 'koa';
import { expectTypeOf } from 'vitest';
import { type KoaGateway, llmGateway } from '../src/index.js';

const app = new Koa();

const llm = llmGateway({
  prefix: '/ai',
  models: {
    fast: 'openai/gpt-4o-mini',
    smart: { deployments: ['anthropic/claude-sonnet-4-5'], fallbacks: ['fast'] },
  },
  authenticate: ({ ctx, request }) => {
    expectTypeOf(ctx).toEqualTypeOf<Context>();
    expectTypeOf(request.requestId).toBeString();
    return typeof ctx.state.user === 'string' && { id: ctx.state.user };
  },
});

// It is a middleware, and the gateway.
app.use(llm);
expectTypeOf(llm).toEqualTypeOf<KoaGateway<'fast' | 'smart'>>();
expectTypeOf(llm.modelNames).toEqualTypeOf<readonly ('fast' | 'smart')[]>();

// Names are those of the configuration.
const as = { id: 'nightly-job' };
void llm.chat({ model: 'fast', messages: [] }, { as });
// @ts-expect-error there is no such model
void llm.chat({ model: 'fats', messages: [] }, { as });

// A hook written for Express is none for Koa.
const ofExpress = ({ req }: { readonly req: { readonly session: { readonly user: string } } }) => ({
  id: req.session.user,
});
// @ts-expect-error there is no `req` here
llmGateway({ models: { fast: 'openai/gpt-4o-mini' }, authenticate: ofExpress });

// @ts-expect-error options are spelled as they are
llmGateway({ models: { fast: 'openai/gpt-4o-mini' }, path: '/ai' });
