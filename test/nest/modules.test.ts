import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { UsageRecord } from '@portico/core';
import type { LlmOptions, LlmService } from '@portico/nestjs';
import { describe, expect, it } from 'vitest';
import { folderOf, NEST_VERSIONS } from '../hosts/install.js';
import { APPLICATIONS, ASK, fakeModels, inject, startNest } from './applications.js';

describe.each(APPLICATIONS)('R26, R27: the module in $title', ({ load }) => {
  it.each(['useFactory', 'useClass', 'useExisting'] as const)('takes its options from %s', async (from) => {
    const nest = await load();
    const { models } = await fakeModels();
    class House {
      createLlmOptions(): Promise<LlmOptions> {
        return Promise.resolve({ models, anonymous: { id: 'visitor' } });
      }
    }
    nest.common.Injectable()(House);
    class HouseModule {}
    nest.common.Module({ providers: [House], exports: [House] })(HouseModule);
    const options = {
      useFactory: { imports: [HouseModule], inject: [House], useFactory: (house: House) => house.createLlmOptions() },
      useClass: { useClass: House },
      useExisting: { imports: [HouseModule], useExisting: House },
    }[from];
    const { openai } = await startNest(nest, {
      imports: [nest.portico.LlmModule.forRootAsync({ path: 'ai', ...options })],
    });
    const { choices } = await openai(undefined, '/ai/v1').chat.completions.create(ASK);
    expect(choices[0]?.message.content).toContain('Hello');
  });

  it('does not start with options that cannot work, and says all that is wrong with them', async () => {
    const nest = await load();
    const broken = { models: { fast: 'opnai/gpt-4o', smart: 'anthropc/claude' } };
    const start = startNest(nest, { imports: [nest.portico.LlmModule.forRoot(broken)] });
    await expect(start).rejects.toThrow(/opnai[\s\S]*anthropc/);
  });

  it('makes several gateways, each with its own path, name, models and hooks', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    const observed: string[] = [];
    class Watch {
      callEnded({ requestedModel }: UsageRecord) {
        observed.push(requestedModel);
      }
    }
    nest.portico.LlmObserver({ gateway: 'inner' })(Watch);
    class Both {
      readonly outer: LlmService;
      readonly inner: LlmService;
      constructor(outer: LlmService, inner: LlmService) {
        this.outer = outer;
        this.inner = inner;
      }
    }
    nest.common.Injectable()(Both);
    inject(nest, Both, nest.portico.LlmService, nest.portico.getLlmToken('inner'));
    const { LlmModule } = nest.portico;
    const anonymous = { id: 'visitor' };
    const { app, openai } = await startNest(nest, {
      imports: [
        LlmModule.forRoot({ models, anonymous }),
        LlmModule.forRoot({ name: 'inner', path: 'inner', models: { deep: models.fast }, anonymous }),
      ],
      providers: [Both, Watch],
    });
    const { outer, inner } = app.get(Both);
    expect([outer.gateway.modelNames, inner.gateway.modelNames]).toEqual([['fast'], ['deep']]);
    await openai().chat.completions.create(ASK);
    await openai(undefined, '/inner/v1').chat.completions.create({ ...ASK, model: 'deep' });
    await expect.poll(() => observed).toEqual(['deep']);
  });

  it('refuses two gateways at one path', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    const { LlmModule } = nest.portico;
    const start = startNest(nest, {
      imports: [LlmModule.forRoot({ models }), LlmModule.forRoot({ models, name: 'other', path: '/llm/' })],
    });
    await expect(start).rejects.toThrow('would both serve "/llm"');
  });

  it('finds hooks among the providers, also one that is made anew for every request', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    let made = 0;
    class WhoIsCalling {
      readonly #headers: Record<string, string>;
      constructor(request: { headers: Record<string, string> }) {
        made += 1;
        this.#headers = request.headers;
      }
      authenticate() {
        const id = this.#headers['x-user'];
        return id === undefined ? undefined : { id };
      }
    }
    nest.common.Injectable({ scope: nest.common.Scope.REQUEST })(WhoIsCalling);
    nest.portico.LlmAuthenticator()(WhoIsCalling);
    inject(nest, WhoIsCalling, nest.core.REQUEST);
    const records: UsageRecord[] = [];
    class Ledger {
      record(batch: readonly UsageRecord[]) {
        records.push(...batch);
      }
    }
    nest.portico.LlmSink()(Ledger);
    const { openai } = await startNest(nest, {
      imports: [nest.portico.LlmModule.forRoot({ models })],
      providers: [WhoIsCalling, Ledger],
    });
    await expect(openai().chat.completions.create(ASK)).rejects.toMatchObject({ status: 401 });
    await Promise.all(['ada', 'grace'].map((user) => openai(user).chat.completions.create(ASK)));
    expect(made).toBe(3);
    await expect.poll(() => records.map(({ principal }) => principal.id).sort()).toEqual(['ada', 'grace']);
  });

  it('says that a sink cannot be made for every request', async () => {
    const nest = await load();
    const { models } = await fakeModels();
    class Ledger {
      record() {}
    }
    nest.common.Injectable({ scope: nest.common.Scope.REQUEST })(Ledger);
    nest.portico.LlmSink()(Ledger);
    const start = startNest(nest, { imports: [nest.portico.LlmModule.forRoot({ models })], providers: [Ledger] });
    await expect(start).rejects.toThrow('Ledger is request-scoped');
  });
});

describe.each(NEST_VERSIONS)('R29: CommonJS beside Nest %s', (version) => {
  it('can require the package', async () => {
    const script = `const { LlmModule } = require('@portico/nestjs'); console.log(typeof LlmModule.forRoot)`;
    const options = { cwd: dirname(join(folderOf(version), 'package.json')) };
    const { stdout } = await promisify(execFile)(process.execPath, ['--eval', script], options);
    expect(stdout.trim()).toBe('function');
  });
});
