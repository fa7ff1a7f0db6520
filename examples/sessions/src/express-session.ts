import { randomBytes } from 'node:crypto';
import { chooseModel, type Example, type ExampleOptions, isUser, serve } from '@portico/example-shared';
import { llmGateway } from '@portico/express';
import express from 'express';
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    userId: string;
  }
}

/** `express-session`: the user's data is in a store of the server. */
export async function buildApp({ fakeProvider }: ExampleOptions = {}): Promise<Example> {
  const model = await chooseModel(fakeProvider);

  // The app without the gateway.
  const app = express();
  const secret = process.env.SESSION_SECRET || randomBytes(32).toString('hex');
  app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }));
  app.post('/login', express.json(), (req, res) => {
    const { user } = req.body as { user?: unknown };
    if (isUser(user)) req.session.userId = user;
    res.sendStatus(isUser(user) ? 204 : 401);
  });
  app.post('/logout', (req, res, next) => {
    gateway.revoke(String(req.session.userId));
    req.session.destroy((error) => (error ? next(error) : res.sendStatus(204)));
  });

  // The gateway.
  const gateway = llmGateway({
    models: { fast: [model.deployment] },
    authenticate: ({ req }) => req.session.userId !== undefined && { id: req.session.userId },
  });
  app.use('/llm', gateway);

  return serve(app, async () => {
    await gateway.close();
    await model.close();
  });
}
