import { randomBytes } from 'node:crypto';
import { chooseModel, type Example, type ExampleOptions, serve } from '@portico/example-shared';
import { llmGateway } from '@portico/express';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import express from 'express';

/** Better Auth: it has the routes and the tables, and reports when a session ends. */
export async function buildApp({ fakeProvider }: ExampleOptions = {}): Promise<Example> {
  const model = await chooseModel(fakeProvider);

  // The app without the gateway.
  const app = express();
  const auth = betterAuth({
    secret: process.env.SESSION_SECRET || randomBytes(32).toString('hex'),
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    baseURL: { allowedHosts: ['localhost:*', '127.0.0.1:*'] },
    telemetry: { enabled: false },
    // Signing out, on any page, ends running answers.
    databaseHooks: { session: { delete: { after: async ({ userId }) => void gateway.revoke(userId) } } },
  });
  app.all('/api/auth/*splat', toNodeHandler(auth));

  // The gateway.
  const gateway = llmGateway({
    models: { fast: [model.deployment] },
    async authenticate({ req }) {
      const found = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) });
      return found !== null && { id: found.user.id };
    },
  });
  app.use('/llm', gateway);

  return serve(app, async () => {
    await gateway.close();
    await model.close();
  });
}
