// Compiled, never run: every line that must not compile says so.
import express from 'express';
import { expectTypeOf } from 'vitest';
import { type ExpressGateway, type ExpressHost, llmGateway, type Principal } from '../src/index.js';

declare global {
  namespace Express {
    interface Request {
      account?: { readonly id: string; readonly team: string };
    }
  }
}

const app = express();

const llm = llmGateway({
  models: {
    fast: 'openai/gpt-4o-mini',
    smart: { deployments: ['anthropic/claude-sonnet-4-5'], fallbacks: ['fast'] },
  },
  // The host's request, with what the host has merged into its type.
  authenticate: ({ req, res, request }) => {
    expectTypeOf(req).toEqualTypeOf<express.Request>();
    expectTypeOf(res).toEqualTypeOf<express.Response>();
    expectTypeOf(request.requestId).toBeString();
    return req.account && { id: req.account.id, team: req.account.team };
  },
  authorize: ({ req, request }) => {
    expectTypeOf(request.principal).toEqualTypeOf<Principal>();
    expectTypeOf(req.account?.team).toEqualTypeOf<string | undefined>();
  },
});

// It is a middleware, and the gateway.
app.use('/llm', llm);
app.use(express.Router().use('/llm', llm));
expectTypeOf(llm).toEqualTypeOf<ExpressGateway<'fast' | 'smart'>>();
expectTypeOf(llm.modelNames).toEqualTypeOf<readonly ('fast' | 'smart')[]>();
expectTypeOf(llm.openCalls).toBeNumber();

// Names are those of the configuration.
const as = { id: 'nightly-job' };
void llm.chat({ model: 'fast', messages: [] }, { as });
void llm.chatStream({ model: 'smart', messages: [], temperature: 0 }, { as });
// @ts-expect-error there is no such model
void llm.chat({ model: 'fats', messages: [] }, { as });
// @ts-expect-error a call is always somebody's
void llm.chat({ model: 'fast', messages: [] });

// @ts-expect-error a fallback leads to a configured name
llmGateway({ models: { fast: { deployments: ['openai/gpt-4o-mini'], fallbacks: ['fats'] } } });

// What nobody has merged into the request is not there.
expectTypeOf<ExpressHost['req']>().not.toHaveProperty('acount');

// @ts-expect-error a principal has an id
llmGateway({ models: { fast: 'openai/gpt-4o-mini' }, authenticate: () => ({ name: 'Ada' }) });

// @ts-expect-error options are spelled as they are
llmGateway({ models: { fast: 'openai/gpt-4o-mini' }, authentikate: () => undefined });

// A gateway made elsewhere can be handed on without its names.
const passed: ExpressGateway = llm;
void passed;
expectTypeOf<ExpressHost['req']>().toEqualTypeOf<express.Request>();

// A name with a star takes every text that fits, and nothing else.
const starred = llmGateway({
  models: {
    'openai/*': 'openai/*',
    'eu-*-v*': 'openai/*-*',
    fast: { deployments: ['openai/gpt-4o-mini'], fallbacks: ['openai/gpt-4o'] },
  },
});
void starred.chat({ model: 'openai/gpt-4o', messages: [] }, { as });
void starred.chat({ model: 'eu-gpt-v2', messages: [] }, { as });
void starred.chat({ model: 'fast', messages: [] }, { as });
// @ts-expect-error no name fits
void starred.chat({ model: 'anthropic/claude', messages: [] }, { as });
// @ts-expect-error it fits at its beginning only
void starred.chat({ model: 'eu-gpt', messages: [] }, { as });
expectTypeOf(starred.modelNames).toEqualTypeOf<readonly ('openai/*' | 'eu-*-v*' | 'fast')[]>();
llmGateway({
  // @ts-expect-error a fallback fits a configured name
  models: { 'openai/*': 'openai/*', fast: { deployments: ['openai/gpt-4o-mini'], fallbacks: ['azure/gpt-4o'] } },
});

// Where one is nothing but a star, every name compiles.
const open = llmGateway({ models: { '*': '*', fast: 'openai/gpt-4o-mini' } });
void open.chat({ model: 'whatever/there-is', messages: [] }, { as });
