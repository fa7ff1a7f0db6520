// Compiled, never run: every line that must not compile says so.
import type { InjectionToken } from '@nestjs/common';
import { expectTypeOf } from 'vitest';
import {
  getLlmToken,
  LlmAuthenticator,
  LlmModule,
  type LlmService,
  LlmSink,
  type NestHost,
  type UsageRecord,
} from '../src/index.js';

// Tokens know what is injected for them.
expectTypeOf(getLlmToken('inner')).toEqualTypeOf<InjectionToken<LlmService>>();
expectTypeOf(getLlmToken<'fast'>('inner')).toEqualTypeOf<InjectionToken<LlmService<'fast'>>>();

// A service knows the models of its gateway.
declare const llm: LlmService<'fast' | 'smart'>;
void llm.chat({ model: 'fast', messages: [] });
// @ts-expect-error there is no such model
void llm.chat({ model: 'fats', messages: [] });
// @ts-expect-error nor is there one to stream
llm.chatStream({ model: 'fats', messages: [] });

// @ts-expect-error a fallback leads to a configured name
LlmModule.forRoot({ models: { fast: { deployments: ['openai/gpt-4o-mini'], fallbacks: ['fats'] } } });
// @ts-expect-error the options of a factory are the module's options
LlmModule.forRootAsync({ useFactory: () => ({ modles: {} }) });

// A hook written for Koa is none for Nest.
const ofKoa = ({ ctx }: { readonly ctx: { readonly user: string } }) => ({ id: ctx.user });
// @ts-expect-error there is no `ctx` here
LlmModule.forRoot({ models: { fast: 'openai/gpt-4o-mini' }, authenticate: ofKoa });
// Nor one for Express alone: what Nest's platforms have in common has no such session.
const ofExpress = ({ req }: { readonly req: { readonly session: { readonly user: string } } }) => ({
  id: req.session.user,
});
// @ts-expect-error the platform's own request is a cast away
LlmModule.forRoot({ models: { fast: 'openai/gpt-4o-mini' }, authenticate: ofExpress });

// A decorator fits classes of its kind.
@LlmAuthenticator()
export class WhoIsCalling {
  authenticate({ req }: NestHost) {
    return { id: String(req.headers['x-user']) };
  }
}

// @ts-expect-error it does not authenticate
@LlmAuthenticator()
export class NobodyIsCalling {
  identify() {
    return { id: 'ada' };
  }
}

// @ts-expect-error a sink takes batches
@LlmSink()
export class Ledger {
  record(_one: UsageRecord) {}
}

// So does a list of tokens; what a name stands for, only the container knows.
LlmModule.forRoot({ models: { fast: 'openai/gpt-4o-mini' }, hooks: { authenticators: [WhoIsCalling, 'WHO'] } });
// @ts-expect-error it does not authenticate
LlmModule.forRoot({ models: { fast: 'openai/gpt-4o-mini' }, hooks: { authenticators: [NobodyIsCalling] } });
// @ts-expect-error a sink takes batches
LlmModule.forRoot({ models: { fast: 'openai/gpt-4o-mini' }, hooks: { sinks: [Ledger] } });
