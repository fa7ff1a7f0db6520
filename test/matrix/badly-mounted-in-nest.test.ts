import type { ExecutionContext, INestApplication, NestApplicationOptions, Type } from '@nestjs/common';
import type { LlmModuleExtras, LlmOptions } from '@portico/nestjs';
import type { RequestHandler } from 'express';
import multer from 'multer';
import { describe, expect, it } from 'vitest';
import type { NestModules } from '../mounts/nest.js';
import { APPLICATIONS, startNest } from '../nest/applications.js';
import { ASK, ask, askWithForm, expectId, house, KEPT_NOTHING, TAKEN_APART } from './house.js';

// Mounted twice is in test/nest/modules.test.ts: Nest says so at the start.

describe.each(APPLICATIONS)('a gateway in $title', ({ load, platform }) => {
  async function start(
    more: Partial<LlmOptions & LlmModuleExtras>,
    {
      before,
      options,
    }: { readonly before?: (app: INestApplication) => void; readonly options?: NestApplicationOptions } = {},
  ) {
    const nest = await load();
    const { config, provider } = await house();
    const gateway = nest.portico.LlmModule.forRoot({ ...config, ...more });
    const imports = [pages(nest, 'before'), gateway, pages(nest, 'after')];
    const { origin } = await startNest(nest, { imports }, before, options);
    return { origin, provider };
  }

  it.each(['', '/'])('at "%s" leaves the routes of modules before and after it alone', async (path) => {
    const guard = {
      canActivate: (context: ExecutionContext) =>
        context.switchToHttp().getRequest<{ readonly method: string }>().method === 'POST',
    };
    const { origin } = await start({ path, guards: [guard] });
    expect(await ask(origin)).toMatchObject({ status: 200 });
    expect(await (await fetch(`${origin}/before`)).text()).toBe('before');
    expect(await (await fetch(`${origin}/after`)).text()).toBe('after');
    const nowhere = await fetch(`${origin}/nowhere`);
    expect([nowhere.status, await nowhere.text()]).toEqual([404, expect.stringContaining('Cannot GET /nowhere')]);
  });

  it('below a parameter has it in its hooks', async () => {
    const { origin } = await start({
      path: 'tenants/:tenant/llm',
      authenticate: ({ req }) => ({ id: `of ${String(req.params.tenant)}` }),
      authorize: ({ request }) => expectId(request.principal.id),
    });
    expect(await ask(`${origin}/tenants/acme/llm`)).toMatchObject({ status: 200 });
  });

  it('behind a middleware that has answered, and went on all the same, does nothing', async () => {
    const answering: RequestHandler = (_req, res, next) => {
      res.end('answered');
      next();
    };
    const { origin, provider } = await start({}, { before: (app) => app.use(answering) });
    expect(await ask(`${origin}/llm`)).toMatchObject({ status: 200, text: 'answered' });
    expect(provider.log.requests).toEqual([]);
  });

  it("behind Nest's parser, whose limit is smaller, lets that say so", async () => {
    const { origin, provider } = await start({});
    const large = await ask(`${origin}/llm`, { ...ASK, user: 'x'.repeat(2_000_000) });
    expect(large).toMatchObject({ status: 413, text: expect.stringContaining('too large') });
    expect(provider.log.requests).toEqual([]);
  });

  // On Fastify its own parser waits for such a body before any route is asked: that is between the two of them.
  if (platform === 'express') {
    it('behind somebody who consumed the body and kept nothing says what happened and what to do', async () => {
      const consuming: RequestHandler = (req, _res, next) => void req.resume().once('end', next);
      const { origin } = await start({}, { before: (app) => app.use(consuming), options: { bodyParser: false } });
      expect(await ask(`${origin}/llm`)).toMatchObject({ status: 400, text: KEPT_NOTHING });
    });

    it('behind multer, which took the form apart, says what happened and what to do', async () => {
      const { origin } = await start({}, { before: (app) => app.use(multer().any()) });
      expect(await askWithForm(`${origin}/llm`)).toMatchObject({ status: 400, text: TAKEN_APART });
    });
  }
});

/** A module with a controller of the host's own. */
function pages({ common }: NestModules, path: string): Type {
  class Pages {
    page() {
      return path;
    }
  }
  common.Controller(path)(Pages);
  common.Get()(Pages.prototype, 'page', Object.getOwnPropertyDescriptor(Pages.prototype, 'page') as PropertyDescriptor);
  class PagesModule {}
  common.Module({ controllers: [Pages] })(PagesModule);
  return PagesModule;
}
