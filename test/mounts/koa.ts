import { llmGateway } from '@portico/koa';
import Koa from 'koa';
import Koa2 from 'koa2';
import { type MountConfig, type Mounted, overHttp } from './mounted.js';

/** A Koa app whose gateway lies below `/llm`; `before` installs what the host has in front of it. */
export async function mountKoa(
  config: MountConfig,
  framework: typeof Koa = Koa,
  before: (app: Koa) => void = () => {},
): Promise<Mounted> {
  const app = new framework();
  // Koa prints what middleware throws; tests look at the answer.
  app.silent = true;
  before(app);
  const { authenticate, authorize, ...rest } = config;
  const gateway = llmGateway({
    ...rest,
    ...(authenticate && { authenticate: ({ ctx, request }) => authenticate({ req: ctx.req, request }) }),
    ...(authorize && { authorize: ({ ctx, request }) => authorize({ req: ctx.req, request }) }),
  });
  app.use(gateway);
  return overHttp(app.callback(), gateway);
}

/** The same in Koa 2. */
export function mountKoa2(config: MountConfig, before?: (app: Koa) => void): Promise<Mounted> {
  return mountKoa(config, Koa2, before);
}
