import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as NestTesting from '@nestjs/testing';
import type * as PorticoTesting from '@portico/nestjs/testing';
import { describe, expect, it } from 'vitest';
import { folderOf, NEST_VERSIONS } from '../hosts/install.js';
import { nestModules } from '../mounts/nest.js';
import { ASK } from './applications.js';

describe.each(NEST_VERSIONS)('LlmTestingModule beside Nest %s', (version) => {
  it('plays every model of the application under test, and tells what was asked: no key, nothing leaves the machine', async () => {
    const { modules, llm, FakeLlm } = await start();
    expect(JSON.stringify(await llm.chat(ASK))).toContain('Hello');
    expect(modules.get(FakeLlm).requests).toMatchObject([{ model: 'fast', body: { messages: ASK.messages } }]);
    await modules.close();
  });

  it('lets a model fail, and its fallback answer', async () => {
    const { modules, llm } = await start({ playedAs: { fast: 'fault-f07' }, reply: () => 'In its place.' });
    await expect(llm.chat(ASK)).rejects.toMatchObject({ status: 400 });
    expect(JSON.stringify(await llm.chat({ ...ASK, model: 'smart' }))).toContain('In its place.');
    await modules.close();
  });

  async function start(options: PorticoTesting.LlmTestingOptions = {}) {
    const { common, portico } = await nestModules(version, 'express');
    const folder = folderOf(version);
    const { Test } = createRequire(join(folder, 'package.json'))('@nestjs/testing') as typeof NestTesting;
    const built = pathToFileURL(join(folder, 'node_modules/@portico/nestjs/dist/testing/index.js')).href;
    const { FakeLlm, LlmTestingModule } = (await import(built)) as typeof PorticoTesting;

    class AppModule {}
    const models = {
      fast: 'anthropic/claude-sonnet-4-5',
      smart: { deployments: ['openai/gpt-4o'], fallbacks: ['fast'] },
    } as const;
    common.Module({ imports: [portico.LlmModule.forRoot({ models })] })(AppModule);
    const imports = [AppModule, LlmTestingModule.forRoot(options)];
    const modules = await Test.createTestingModule({ imports }).compile();
    await modules.init();
    return { modules, llm: modules.get(portico.LlmService, { strict: false }), FakeLlm };
  }
});
