import { randomBytes } from 'node:crypto';
import { chooseModel, type Example, type ExampleOptions, isUser, serve } from '@portico/example-shared';
import { llmGateway } from '@portico/express';
import express from 'express';
import session from 'express-session';
import { Passport } from 'passport';
import { Strategy } from 'passport-local';

declare global {
  namespace Express {
    interface User {
      readonly id: string;
    }
  }
}

/** Passport: strategies log in, and `req.user` is the result. */
export async function buildApp({ fakeProvider }: ExampleOptions = {}): Promise<Example> {
  const model = await chooseModel(fakeProvider);

  // The app without the gateway.
  const app = express();
  const secret = process.env.SESSION_SECRET || randomBytes(32).toString('hex');
  const passport = new Passport();
  // Not for production: the password is public.
  passport.use(new Strategy((id, password, done) => done(null, isUser(id) && password === 'open' ? { id } : false)));
  passport.serializeUser<string>((user, done) => done(null, user.id));
  passport.deserializeUser<string>((id, done) => done(null, isUser(id) ? { id } : false));
  app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }));
  app.use(passport.session());
  app.post('/login', express.json(), passport.authenticate('local'), (_req, res) => void res.sendStatus(204));
  app.post('/logout', (req, res, next) => {
    if (req.user) gateway.revoke(req.user.id);
    req.logout((error) => (error ? next(error) : res.sendStatus(204)));
  });

  // The gateway.
  const gateway = llmGateway({
    models: { fast: [model.deployment] },
    authenticate: ({ req }) => req.user && { id: req.user.id },
  });
  app.use('/llm', gateway);

  return serve(app, async () => {
    await gateway.close();
    await model.close();
  });
}
