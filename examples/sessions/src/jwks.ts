import { chooseModel, type Example, type ExampleOptions, serve } from '@portico/example-shared';
import { llmGateway } from '@portico/express';
import express, { type Request } from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';

export interface IssuerOptions extends ExampleOptions {
  /** The issuer of the tokens: Auth0, Keycloak, Entra ID, … Its keys are at `/.well-known/jwks.json`. */
  readonly issuer: string;
  readonly audience: string;
}

/** Tokens of an OpenID provider, checked with its published keys: there is no session at all. */
export async function buildApp({ issuer, audience, fakeProvider }: IssuerOptions): Promise<Example> {
  const model = await chooseModel(fakeProvider);

  // The app without the gateway.
  const app = express();
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', issuer));
  const userOf = async ({ headers }: Request) => {
    const token = headers.authorization?.replace(/^Bearer /i, '');
    if (token === undefined) return undefined;
    const { payload } = await jwtVerify(token, keys, { issuer, audience, requiredClaims: ['sub', 'exp'] });
    return payload.sub;
  };
  app.post('/logout', async (req, res) => {
    gateway.revoke(String(await userOf(req)));
    res.sendStatus(204);
  });

  // The gateway.
  const gateway = llmGateway({
    models: { fast: [model.deployment] },
    async authenticate({ req }) {
      // An invalid token identifies nobody: the answer is a 401.
      const id = await userOf(req).catch(() => undefined);
      return id !== undefined && { id };
    },
  });
  app.use('/llm', gateway);

  return serve(app, async () => {
    await gateway.close();
    await model.close();
  });
}
