import type { ArgumentsHost, CallHandler, ExecutionContext, INestApplication } from '@nestjs/common';
import { finalize, timeout } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { APPLICATIONS, ASK, fakeModels, headerGuard, principalOf, startNest } from './applications.js';

describe.each(APPLICATIONS)("R25: the house rules of $title hold for the gateway's routes", ({ load }) => {
  it('its global prefix and its versions', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    const { openai, origin } = await startNest(
      nest,
      { imports: [nest.portico.LlmModule.forRoot({ models, anonymous: { id: 'visitor' } })] },
      (app: INestApplication) => {
        app.setGlobalPrefix('api');
        app.enableVersioning({ type: nest.common.VersioningType.URI });
      },
    );
    const answer = await openai(undefined, '/api/llm/v1').chat.completions.create(ASK);
    expect(answer.choices[0]?.message.content).toContain('Hello');
    expect((await fetch(`${origin}/llm/v1/models`)).status).toBe(404);
  });

  it('its guard for everything, whose refusal clients can read, and whose user pays', async () => {
    const nest = await load();
    const { models, provider } = await fakeModels();
    const paying: string[] = [];
    const { openai } = await startNest(nest, {
      imports: [
        nest.portico.LlmModule.forRoot({
          models,
          principalOf,
          onUsage: (record) => void paying.push(record.principal.id),
        }),
      ],
      providers: [{ provide: nest.core.APP_GUARD, useClass: headerGuard(nest) }],
    });
    await expect(openai().chat.completions.create(ASK)).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining('Who are you?'),
      code: expect.any(String),
    });
    expect(provider.log.requests).toEqual([]);
    await openai('ada').chat.completions.create(ASK);
    await expect.poll(() => paying).toEqual(['ada']);
  });

  it('guards of the module alone, which leave other routes be', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    class Open {
      hello() {
        return 'hello';
      }
    }
    nest.common.Controller('open')(Open);
    const { prototype } = Open;
    nest.common.Get()(prototype, 'hello', Object.getOwnPropertyDescriptor(prototype, 'hello') as PropertyDescriptor);
    const { openai, origin } = await startNest(nest, {
      imports: [nest.portico.LlmModule.forRoot({ models, principalOf, guards: [headerGuard(nest)] })],
      controllers: [Open],
    });
    expect(await (await fetch(`${origin}/open`)).text()).toBe('hello');
    await expect(openai().models.list()).rejects.toMatchObject({ status: 401 });
    expect((await openai('ada').models.list()).data).toHaveLength(1);
  });

  it('its interceptors, which see a stream to its end; a pipe for everything finds nothing to complain about', async () => {
    const nest = await load();
    const { models } = await fakeModels({ tokenDelayMs: 2 });
    const seen: string[] = [];
    const interceptor = {
      intercept(context: ExecutionContext, next: CallHandler) {
        seen.push(`in ${context.switchToHttp().getRequest<{ method: string }>().method}`);
        return next.handle().pipe(
          timeout(5_000),
          finalize(() => seen.push('out')),
        );
      },
    };
    const pipe = {
      transform(value: unknown) {
        if (typeof value === 'string') throw new nest.common.BadRequestException('no strings');
        return value;
      },
    };
    const { openai } = await startNest(
      nest,
      { imports: [nest.portico.LlmModule.forRoot({ models, anonymous: { id: 'visitor' } })] },
      (app) => {
        app.useGlobalInterceptors(interceptor);
        app.useGlobalPipes(pipe);
      },
    );
    let words = '';
    for await (const { choices } of await openai().chat.completions.create({ ...ASK, stream: true })) {
      expect(seen).toEqual(['in POST']);
      words += choices[0]?.delta.content ?? '';
    }
    expect(words).toContain('Hello');
    await expect.poll(() => seen).toEqual(['in POST', 'out']);
  });

  it('its filter for everything sees its own failures, and clients of the gateway read theirs', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    const caught: unknown[] = [];
    const filter = {
      catch(thrown: unknown, host: ArgumentsHost) {
        caught.push(thrown);
        host
          .switchToHttp()
          .getResponse<{ status(code: number): { send(body: string): void } }>()
          .status(418)
          .send('mine');
      },
    };
    const { openai, origin } = await startNest(
      nest,
      { imports: [nest.portico.LlmModule.forRoot({ models, anonymous: { id: 'visitor' } })] },
      (app) => void app.useGlobalFilters(filter),
    );
    expect((await fetch(`${origin}/nowhere`)).status).toBe(418);
    await expect(openai().chat.completions.create({ ...ASK, model: 'none' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    expect(caught).toHaveLength(1);
  });
});
