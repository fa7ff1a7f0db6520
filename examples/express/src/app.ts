import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError, type JsonObject, llmGateway } from '@portico/express';
import type { FakeProvider } from '@portico/testing';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import { createLedger, type Ledger } from './ledger.js';
import { TITLE_REQUEST } from './prepared-answers.js';
import { securityHeaders } from './security-headers.js';
import { sessionRoutes } from './session-routes.js';
import { sendUsageEvents } from './usage-events.js';
import { type DemoUser, findUser } from './users.js';
import { chooseVendors, type Vendors } from './vendors.js';

/** The application, for its process and its tests. */
export interface ExampleApp {
  readonly app: Express;
  readonly ledger: Ledger;
  readonly vendors: Vendors;
  /** A virtual key for calls from a terminal; it may spend ten cents. */
  readonly terminalKey: string;
  /** Lets running calls end, writes down what they used, and stops the fake provider if the app started one. */
  close(): Promise<void>;
}

/** Builds the whole application; it does not listen yet. Tests pass a fake provider that they can watch. */
export async function buildApp(options: { readonly fakeProvider?: FakeProvider } = {}): Promise<ExampleApp> {
  const vendors = await chooseVendors(options.fakeProvider);
  const ledger = createLedger();
  const terminalKey = `sk-portico-${randomBytes(24).toString('base64url')}`;

  // The app without the gateway.
  const app = express();
  app.use(securityHeaders);
  app.use(express.static(fileURLToPath(new URL('../public', import.meta.url))));
  app.use('/vendor/openai', express.static(openAiFolder(), { maxAge: '1h' }));
  app.use(
    session({
      secret: process.env.SESSION_SECRET || randomBytes(32).toString('hex'),
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: 8 * 60 * 60 * 1000 },
    }),
  );
  // Signing out ends running answers.
  app.use(
    '/api/session',
    sessionRoutes(vendors.fakeNotice, (userId) => llm.revoke(userId)),
  );

  // The gateway.
  const llm = llmGateway({
    models: {
      fast: [vendors.fast],
      smart: { deployments: [vendors.smart], fallbacks: ['fast'] },
    },
    authenticate: ({ req }) => findUser(req.session.userId)?.principal,
    keys: [{ key: terminalKey, principal: { id: 'terminal', models: ['fast'], budget: { usd: 0.1, per: 'total' } } }],
    onUsage: ledger.record,
  });
  app.use('/llm', llm);

  // The same gateway from the server's own code: no socket, but the same limits, budget and ledger.
  app.post('/api/title', express.json(), async (req, res) => {
    const user = signedInUser(req);
    const content = `${TITLE_REQUEST} ${String(req.body?.question).slice(0, 1000)}`;
    const answer = await llm.chat(
      { model: 'fast', messages: [{ role: 'user', content }], max_completion_tokens: 20 },
      { as: user.principal },
    );
    res.json({ title: textOf(answer) });
  });

  app.get('/api/usage', (req, res) => sendUsageEvents(res, signedInUser(req), ledger));

  app.use(answerGatewayErrors);

  return {
    app,
    ledger,
    vendors,
    terminalKey,
    async close() {
      await llm.close();
      await vendors.close();
    },
  };
}

function signedInUser(req: Request): DemoUser {
  const user = findUser(req.session.userId);
  if (user === undefined) throw new GatewayError('unauthenticated', 'Your session has ended. Sign in again.');
  return user;
}

function textOf(answer: JsonObject): string {
  // Whichever vendor answered, the answer has the format of OpenAI's chat completions.
  const { choices } = answer as unknown as ChatCompletion;
  return choices[0]?.message.content ?? '';
}

// Express knows error middleware by its four parameters.
function answerGatewayErrors(error: unknown, _req: Request, res: Response, next: NextFunction): void {
  if (!(error instanceof GatewayError) || res.headersSent) return next(error);
  res.status(error.status).json({ error: { message: error.message, type: error.type, code: error.code } });
}

// The package's own files run in a browser as they are: ES modules that import only each other.
function openAiFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('openai'));
}
