import { setTimeout as delay } from 'node:timers/promises';
import { expectNoOpenRequests } from '@portico/testing';
import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { APPLICATIONS, ASK, fakeModels, startNest } from './applications.js';

const ENDLESS = { tokenDelayMs: 5, reply: () => 'word '.repeat(5_000) };

describe.each(APPLICATIONS)('LlmService and the end of the application in $title', ({ load }) => {
  it('calls from code of the application: an answer, a stream, an error as such', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    const { app } = await startNest(nest, { imports: [nest.portico.LlmModule.forRoot({ models })] });
    const llm = app.get(nest.portico.LlmService);
    expect(JSON.stringify(await llm.chat(ASK))).toContain('Hello');
    expect(JSON.stringify(await lastValueFrom(llm.chatStream(ASK).pipe(toArray())))).toContain('Hello');
    await expect(lastValueFrom(llm.chatStream({ ...ASK, model: 'none' }))).rejects.toMatchObject({
      kind: 'model_not_found',
    });
  });

  it('aborts the model when nobody listens any more', async () => {
    const nest = await load();
    const { models, provider } = await fakeModels(ENDLESS);
    const { app } = await startNest(nest, { imports: [nest.portico.LlmModule.forRoot({ models })] });
    const llm = app.get(nest.portico.LlmService);
    await firstValueFrom(llm.chatStream(ASK));
    await expectNoOpenRequests(provider);
    await lastValueFrom(llm.chatStream(ASK).pipe(take(3)));
    await expectNoOpenRequests(provider);
    expect(provider.log.requests.map(({ outcome }) => outcome)).toEqual(['aborted', 'aborted']);
    expect(llm.gateway.openCalls).toBe(0);
  });

  it('R17: ends streams when the application closes, not cleanly, refuses what comes then, and is done at once', async () => {
    const nest = await load();
    const { models, provider } = await fakeModels(ENDLESS);
    const { app, openai } = await startNest(nest, {
      imports: [nest.portico.LlmModule.forRoot({ models, anonymous: { id: 'visitor' }, closeGraceMs: 50 })],
    });
    const health = app.get(nest.portico.LlmHealthIndicator);
    expect(health.isHealthy()).toMatchObject({ llm: { status: 'up', models: 1 } });
    const stream = await openai().chat.completions.create({ ...ASK, stream: true });
    let closed: Promise<void> | undefined;
    const reading = (async () => {
      for await (const _ of stream) closed ??= app.close();
    })();
    await expect(reading).rejects.toThrow();
    expect(health.isHealthy()).toMatchObject({ llm: { status: 'down' } });
    await expectNoOpenRequests(provider);
    await Promise.race([closed, delay(5_000).then(() => Promise.reject(new Error('The application does not close.')))]);
  });
});
