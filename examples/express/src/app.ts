import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError, llmGateway } from '@portico/express';
import type { FakeProvider } from '@portico/testing';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import { createLedger, type Ledger } from './ledger.js';
import { chooseModels, type ModelChoice } from './models.js';
import { type DemoUser, demoUsers, findUser, principalOf } from './users.js';

declare module 'express-session' {
  interface SessionData {
    userId: string;
  }
}

export interface AppOptions {
  /** Where keys are looked for. Default: the process's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Asked instead of one of our own where `env` has no vendor's key. Whoever brings it closes it. */
  readonly fakeProvider?: FakeProvider;
}

/** Builds the whole application; it listens nowhere yet. */
export async function buildApp({ env = process.env, fakeProvider }: AppOptions = {}) {
  const choice = await chooseModels(env, fakeProvider);
  const ledger = createLedger();
  const terminalKey = `sk-portico-${randomBytes(24).toString('base64url')}`;

  const app = express();
  app.use(securityHeaders);
  app.use(express.static(fileURLToPath(new URL('../public', import.meta.url))));
  app.use('/vendor/openai', express.static(openAiClientFolder(), { maxAge: '1h' }));
  app.use(
    session({
      secret: env.SESSION_SECRET || randomBytes(32).toString('hex'),
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: 8 * 60 * 60 * 1000 },
    }),
  );

  // The gateway: this is all it takes.
  const llm = llmGateway({
    models: choice.models,
    authenticate: ({ req }) => { const user = findUser(req.session.userId); return user && principalOf(user); },
    keys: [{ key: terminalKey, principal: { id: 'terminal', models: ['fast'], budget: { usd: 0.05, per: 'total' } } }],
    onUsage: ledger.record,
  });
  app.use('/llm', llm);

  app.use('/api', sessionRoutes(choice), express.json());

  return { app, gateway: llm, ledger, choice, terminalKey, close };
}
