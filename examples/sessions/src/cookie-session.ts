import { randomBytes } from 'node:crypto';
import { chooseModel, type Example, type ExampleOptions, isUser, serve } from '@portico/example-shared';
import { llmGateway } from '@portico/express';
import cookieSession from 'cookie-session';
import express, { type Request } from 'express';

/** `cookie-session`: everything is in a signed cookie, and the server stores nothing. */
export async function buildApp({ fakeProvider }: ExampleOptions = {}): Promise<Example> {
  const model = await chooseModel(fakeProvider);

  // The app without the gateway.
  const app = express();
  const secret = process.env.SESSION_SECRET || randomBytes(32).toString('hex');
  app.use(cookieSession({ secret, maxAge: 8 * 3_600_000, sameSite: 'lax' }));
  app.post('/login', express.json(), (req, res) => {
    const { user } = req.body as { user?: unknown };
    if (isUser(user)) sessionIn(req).session = { user };
    res.sendStatus(isUser(user) ? 204 : 401);
  });
  app.post('/logout', (req, res) => {
    // Copies of the cookie stay valid: running calls are ended here, later ones are not.
    gateway.revoke(String(sessionIn(req).session?.user));
    sessionIn(req).session = null;
    res.sendStatus(204);
  });

  // The gateway.
  const gateway = llmGateway({
    models: { fast: [model.deployment] },
    authenticate: ({ req }) => {
      const id = sessionIn(req).session?.user;
      return id !== undefined && { id };
    },
  });
  app.use('/llm', gateway);

  return serve(app, async () => {
    await gateway.close();
    await model.close();
  });
}

/** The examples of this folder have two session libraries, which type the same property; your app has one. */
function sessionIn(req: Request): { session: { user?: string } | null } {
  return req as unknown as { session: { user?: string } | null };
}
