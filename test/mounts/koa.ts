import { type KoaHost, llmGateway } from '@portico/koa';
import Koa from 'koa';
import Koa2 from 'koa2';
import { hooksOf } from './hooks-of.js';
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
  const gateway = llmGateway(hooksOf(config, ({ ctx }: KoaHost) => ctx.req));
  app.use(gateway);
  return overHttp(app.callback(), gateway);
}

/** The same in Koa 2. */
export function mountKoa2(config: MountConfig, before?: (app: Koa) => void): Promise<Mounted> {
  return mountKoa(config, Koa2, before);
}
