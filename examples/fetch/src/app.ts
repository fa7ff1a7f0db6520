import { createGateway } from '@portico/fetch';
import { jwtVerify } from 'jose';

/** The environment from the runtime. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** An app of one function, with its own logins (a signed token), and a gateway in it. */
export function buildApp(environment: Environment): (request: Request) => Promise<Response> {
  // The app without the gateway.
  const secret = new TextEncoder().encode(environment.JWT_SECRET);
  const userOf = async (token = '') => {
    const { payload } = await jwtVerify(token.replace(/^Bearer /, ''), secret).catch(() => ({ payload: {} }));
    return 'sub' in payload && typeof payload.sub === 'string' ? payload.sub : undefined;
  };

  const principalOf = (id: string | undefined) => id !== undefined && { id, budget: { usd: 1, per: 'day' } as const };
  const baseUrl = environment.OPENAI_BASE_URL;
  const models = { fast: [{ model: 'openai/gpt-4o-mini', ...(baseUrl !== undefined && { baseUrl }) }] };
  const settings = { environment, models };

  // The gateway.
  const gateway = createGateway({
    ...settings,
    authenticate: async ({ request }) => principalOf(await userOf(request.header('authorization'))),
  });

  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/llm/')) return gateway.fetch(request, undefined, { prefix: '/llm' });
    const user = await userOf(request.headers.get('authorization') ?? undefined);
    if (pathname === '/me' && user !== undefined) return Response.json({ user });
    if (pathname === '/logout' && user !== undefined) {
      // Signing out ends running answers.
      gateway.revoke(user);
      return new Response(null, { status: 204 });
    }
    return new Response('Not found', { status: 404 });
  };
}
