import type { Type } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { GatewayError, type UsageRecord } from '@portico/core';
import type { Send } from '@portico/core/provider';
import type { LlmService, NestHost } from '@portico/nestjs';
import { describe, expect, it } from 'vitest';
import { type NestModules, nestModules } from '../mounts/nest.js';
import { APPLICATIONS, ASK, fakeModels, headerGuard, inject, principalOf, startNest } from './applications.js';

const anonymous = { id: 'visitor' };

describe.each(APPLICATIONS)('R26: what $title injects', ({ load }) => {
  it('hooks of every kind, found by their decorators', async () => {
    const nest = await load();
    const { portico } = nest;
    const { models } = await fakeModels();
    const seen: string[] = [];
    class Who {
      authenticate({ req }: NestHost) {
        seen.push('authenticator');
        return { id: String(req.headers['x-user']) };
      }
    }
    class May {
      authorize({ request }: { readonly request: { readonly principal: { readonly id: string } } }) {
        seen.push('authorizer');
        return request.principal.id === 'grace' ? new GatewayError('forbidden', 'Not today.') : undefined;
      }
    }
    class Wrap {
      intercept(next: Send): Send {
        return async (request) => {
          seen.push('interceptor');
          return next(request);
        };
      }
    }
    class Watch {
      callStarted() {
        seen.push('observer');
      }
    }
    class Ledger {
      record() {
        seen.push('sink');
      }
    }
    portico.LlmAuthenticator()(Who);
    portico.LlmAuthorizer()(May);
    portico.LlmInterceptor()(Wrap);
    portico.LlmObserver()(Watch);
    portico.LlmSink()(Ledger);
    const { openai } = await startNest(nest, {
      imports: [portico.LlmModule.forRoot({ models })],
      providers: [Who, May, Wrap, Watch, Ledger],
    });
    await openai('ada').chat.completions.create(ASK);
    await expect.poll(() => seen).toEqual(['authenticator', 'authorizer', 'observer', 'interceptor', 'sink']);
    await expect(openai('grace').chat.completions.create(ASK)).rejects.toMatchObject({ status: 403 });
  });

  it('hooks by their tokens: what a factory made, also for every request anew, and what has no decorator', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    const records: UsageRecord[] = [];
    const ended: string[] = [];
    let made = 0;
    const WATCH = Symbol('watch');
    class Ledger {
      record(batch: readonly UsageRecord[]) {
        records.push(...batch);
      }
    }
    const { openai } = await startNest(nest, {
      imports: [
        nest.portico.LlmModule.forRoot({
          models,
          hooks: { authenticators: ['WHO'], observers: [WATCH], sinks: [Ledger] },
        }),
      ],
      providers: [
        {
          provide: 'WHO',
          scope: nest.common.Scope.REQUEST,
          inject: [nest.core.REQUEST],
          useFactory: ({ headers }: { readonly headers: Record<string, string> }) => {
            made += 1;
            return { authenticate: () => ({ id: headers['x-user'] }) };
          },
        },
        { provide: WATCH, useValue: { callEnded: ({ outcome }: UsageRecord) => void ended.push(outcome) } },
        Ledger,
      ],
    });
    await Promise.all(['ada', 'grace'].map((user) => openai(user).chat.completions.create(ASK)));
    await expect.poll(() => records.map(({ principal }) => principal.id).sort()).toEqual(['ada', 'grace']);
    expect([made, ended]).toEqual([2, ['ok', 'ok']]);
  });

  it('a hook that the container does not hold ends the start, by its name', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    const start = startNest(nest, {
      imports: [nest.portico.LlmModule.forRoot({ models, hooks: { sinks: ['LEDGER'] } })],
    });
    await expect(start).rejects.toThrow('hooks.sinks[0]: The container has no provider for LEDGER');
  });

  it('the service everywhere, or, if it is not global, where its module is imported', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    const { LlmModule } = nest.portico;
    const startWith = (isGlobal: boolean | undefined) =>
      startNest(nest, {
        imports: [LlmModule.forRoot({ models, ...(isGlobal !== undefined && { isGlobal }) }), feature(nest)],
      });
    expect((await startWith(undefined)).app).toBeDefined();
    await expect(startWith(false)).rejects.toThrow(/resolve dependencies of the Digest/);
    const scoped = LlmModule.forRoot({ models, isGlobal: false });
    expect((await startNest(nest, { imports: [feature(nest, scoped)] })).app).toBeDefined();
  });

  it('the gateway of a name by @InjectLlm, and in a controller of the host by @Principal who is calling', async () => {
    const nest = await load();
    const { portico, common } = nest;
    const { models } = await fakeModels();
    class Mine {
      readonly llm: LlmService;
      constructor(llm: LlmService) {
        this.llm = llm;
      }
      who(principal: { readonly id: string } | undefined) {
        return { id: principal?.id, models: this.llm.gateway.modelNames };
      }
    }
    common.Controller('mine')(Mine);
    common.UseGuards(headerGuard(nest))(Mine);
    portico.InjectLlm('inner')(Mine, undefined as never, 0);
    const { prototype } = Mine;
    portico.Principal()(prototype, 'who', 0);
    common.Get()(prototype, 'who', Object.getOwnPropertyDescriptor(prototype, 'who') as PropertyDescriptor);
    const { origin } = await startNest(nest, {
      imports: [
        portico.LlmModule.forRoot({ models, principalOf }),
        portico.LlmModule.forRoot({ name: 'inner', routes: false, isGlobal: true, models: { deep: models.fast } }),
      ],
      controllers: [Mine],
    });
    const answer = await fetch(`${origin}/mine`, { headers: { 'x-user': 'ada' } });
    expect(await answer.json()).toEqual({ id: 'ada', models: ['deep'] });
    expect((await fetch(`${origin}/mine`)).status).toBe(401);
  });
});

describe.each(APPLICATIONS)("a host's own route in $title that calls the service", ({ load }) => {
  it('answers a limit as 429 with Retry-After where LlmExceptionFilter is in use, and leaves other errors to Nest', async () => {
    const nest = await load();
    const { portico, common } = nest;
    const { models } = await fakeModels();
    class Own {
      readonly llm: LlmService;
      constructor(llm: LlmService) {
        this.llm = llm;
      }
      ask() {
        const as = { id: 'ada', limits: { requestsPerMinute: 1 } };
        return this.llm.chat({ ...ASK, model: 'fast' }, { as });
      }
      break() {
        throw new common.ConflictException('Already there.');
      }
    }
    common.Controller('own')(Own);
    common.Inject(portico.LlmService)(Own, undefined as never, 0);
    const route = (verb: 'ask' | 'break') =>
      common.Get(verb)(Own.prototype, verb, Object.getOwnPropertyDescriptor(Own.prototype, verb) as PropertyDescriptor);
    route('ask');
    route('break');
    const { origin } = await startNest(
      nest,
      { imports: [portico.LlmModule.forRoot({ models, principalOf })], controllers: [Own] },
      (app) => app.useGlobalFilters(new portico.LlmExceptionFilter()),
    );
    expect((await fetch(`${origin}/own/ask`)).status).toBe(200);
    const refused = await fetch(`${origin}/own/ask`);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    const broken = await fetch(`${origin}/own/break`);
    expect(await broken.json()).toMatchObject({ statusCode: 409, message: 'Already there.' });
  });
});

describe('Terminus', () => {
  it('takes the indicator: up, and down once the gateway closes', async () => {
    const nest = await nestModules(12, 'express');
    const { models } = await fakeModels();
    const { app } = await startNest(nest, {
      imports: [nest.portico.LlmModule.forRoot({ models, anonymous }), TerminusModule.forRoot({ logger: false })],
    });
    const llm = app.get(nest.portico.LlmHealthIndicator);
    const health = await app.resolve(HealthCheckService);
    const check = () => health.check([() => llm.isHealthy()]);
    expect(await check()).toMatchObject({ status: 'ok', info: { llm: { status: 'up', models: 1 } } });
    await app.get(nest.portico.LlmService).gateway.close();
    await expect(check()).rejects.toMatchObject({ response: { status: 'error', error: { llm: { status: 'down' } } } });
  });
});

/** A module whose provider wants the service. */
function feature(
  nest: NestModules,
  ...imports: NonNullable<Parameters<typeof nest.common.Module>[0]['imports']>
): Type {
  class Digest {}
  nest.common.Injectable()(Digest);
  inject(nest, Digest, nest.portico.LlmService);
  class FeatureModule {}
  nest.common.Module({ imports, providers: [Digest] })(FeatureModule);
  return FeatureModule;
}
