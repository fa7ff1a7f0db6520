import { randomBytes } from 'node:crypto';
import { bodyParser } from '@koa/bodyparser';
import { chooseModel, type Example, type ExampleOptions, findPageFile, isUser, serve } from '@portico/example-shared';
import { llmGateway } from '@portico/koa';
import Koa from 'koa';
import session from 'koa-session';

/** A Koa app with sessions and a page, and a gateway in it. */
export async function buildApp({ fakeProvider }: ExampleOptions = {}): Promise<Example> {
  const model = await chooseModel(fakeProvider);

  // The app without the gateway.
  const app = new Koa();
  app.keys = [process.env.SESSION_SECRET || randomBytes(32).toString('hex')];
  app.use(session({ rolling: true, sameSite: 'lax' }, app));
  app.use(bodyParser());
  app.use(async (ctx, next) => {
    const { user } = (ctx.request.body ?? {}) as { user?: unknown };
    const file = ctx.method === 'GET' ? findPageFile(ctx.path) : undefined;
    if (file !== undefined) {
      ctx.type = file.type;
      ctx.body = file.body;
    } else if (ctx.path === '/login' && isUser(user)) {
      Object.assign(ctx.session, { user });
      ctx.status = 204;
    } else if (ctx.path === '/logout') {
      // Signing out ends running answers.
      gateway.revoke(String(ctx.session.user));
      ctx.session.user = undefined;
      ctx.status = 204;
    } else if (ctx.path === '/me' && ctx.session.user) ctx.body = { user: ctx.session.user };
    else if (ctx.path === '/me') ctx.status = 401;
    else await next();
  });

  // The gateway.
  const gateway = llmGateway({
    models: { fast: [model.deployment] },
    authenticate: ({ ctx }) => ctx.session.user && { id: String(ctx.session.user), budget: { usd: 1, per: 'day' } },
  });
  app.use(gateway);

  return serve(app.callback(), async () => {
    await gateway.close();
    await model.close();
  });
}
