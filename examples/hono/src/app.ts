import { randomBytes } from 'node:crypto';
import { getRequestListener } from '@hono/node-server';
import { chooseModel, type Example, type ExampleOptions, findPageFile, isUser, serve } from '@portico/example-shared';
import { createGateway } from '@portico/node';
import { type Context, Hono } from 'hono';
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie';

/** What users may do, in the app's own terms. */
const principalOf = (id: string | undefined) => id !== undefined && { id, budget: { usd: 1, per: 'day' } as const };

/** A Hono app with signed cookies and a page, and a gateway in it: the pattern for any host with `fetch`. */
export async function buildApp({ fakeProvider }: ExampleOptions = {}): Promise<Example> {
  const model = await chooseModel(fakeProvider);

  // The app without the gateway.
  const app = new Hono();
  const secret = process.env.SESSION_SECRET || randomBytes(32).toString('hex');
  const userOf = async (c: Context) => (await getSignedCookie(c, secret, 'user')) || undefined;
  app.post('/login', async (c) => {
    const { user } = await c.req.json<{ user?: unknown }>();
    if (!isUser(user)) return c.body(null, 401);
    await setSignedCookie(c, 'user', user, secret, { httpOnly: true, sameSite: 'Lax' });
    return c.body(null, 204);
  });
  app.post('/logout', async (c) => {
    // Signing out ends running answers.
    gateway.revoke(String(await userOf(c)));
    deleteCookie(c, 'user');
    return c.body(null, 204);
  });
  app.get('/me', async (c) => {
    const user = await userOf(c);
    return user === undefined ? c.body(null, 401) : c.json({ user });
  });

  // The gateway.
  const gateway = createGateway<{ readonly c: Context }, 'fast'>({
    models: { fast: [model.deployment] },
    authenticate: async ({ c }) => principalOf(await userOf(c)),
  });
  app.all('/llm/*', (c) => gateway.fetch(c.req.raw, { c }, { prefix: '/llm' }));

  app.get('/*', (c) => {
    const file = findPageFile(c.req.path);
    return file === undefined ? c.notFound() : c.body(file.body, 200, { 'content-type': file.type });
  });

  return serve(getRequestListener(app.fetch), async () => {
    await gateway.close();
    await model.close();
  });
}
