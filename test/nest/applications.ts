import type { INestApplication, ModuleMetadata, NestApplicationOptions, Type } from '@nestjs/common';
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from '@portico/testing';
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { NEST_VERSIONS } from '../hosts/install.js';
import { type NestModules, nestModules } from '../mounts/nest.js';
import { WIRES } from '../support/gateway-on.js';

/** Every Nest on every platform, for `describe.each`. */
export const APPLICATIONS = NEST_VERSIONS.flatMap((version) =>
  (['express', 'fastify'] as const).map((platform) => ({
    title: `Nest ${version} on ${platform}`,
    load: () => nestModules(version, platform),
    platform,
  })),
);

/** An application that listens. */
export interface RunningNest {
  readonly app: INestApplication;
  readonly origin: string;
  openai(user?: string, path?: string): OpenAI;
}

/** Starts an application of one module, for the length of the test. */
export async function startNest(
  { common, core, adapter }: NestModules,
  metadata: ModuleMetadata,
  configure: (app: INestApplication) => void = () => {},
  options: NestApplicationOptions = {},
): Promise<RunningNest> {
  class AppModule {}
  common.Module(metadata)(AppModule);
  const app = await core.NestFactory.create(AppModule, adapter(), { logger: false, abortOnError: false, ...options });
  configure(app);
  await app.listen(0, '127.0.0.1');
  onTestFinished(async () => {
    app.getHttpServer().closeAllConnections();
    await app.close();
  });
  const origin = `http://127.0.0.1:${app.getHttpServer().address().port}`;
  const openai = (user?: string, path = '/llm/v1') =>
    new OpenAI({
      baseURL: origin + path,
      apiKey: 'unused',
      maxRetries: 0,
      defaultHeaders: { authorization: null, ...(user !== undefined && { 'x-user': user }) },
    });
  return { app, origin, openai };
}

/** A provider for the length of the test, and a gateway's models on it. */
export async function fakeModels(options: FakeProviderOptions = {}) {
  const provider: FakeProvider = await startFakeProvider(options);
  onTestFinished(() => provider.close());
  return { provider, models: { fast: [WIRES.openai(provider, 'well')] } };
}

/** A guard that knows users by a header, and leaves them where guards leave them. */
export function headerGuard({ common }: NestModules) {
  class HeaderGuard {
    canActivate(context: import('@nestjs/common').ExecutionContext): boolean {
      const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: unknown }>();
      const id = request.headers['x-user'];
      if (id === undefined) throw new common.UnauthorizedException('Who are you?');
      request.user = { id };
      return true;
    }
  }
  common.Injectable()(HeaderGuard);
  return HeaderGuard;
}

/** Constructor parameters as `@Inject(token)` would mark them. */
export function inject({ common }: NestModules, target: Type, ...tokens: unknown[]): void {
  for (const [index, token] of tokens.entries()) common.Inject(token as string)(target, undefined, index);
}

export const ASK = { model: 'fast', messages: [{ role: 'user' as const, content: 'Hello' }] };

export const principalOf = (user: unknown) => ({ id: (user as { id: string }).id });
