import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { chooseModel, type Example, type ExampleOptions, findPageFile } from '@portico/example-shared';
import { LlmModule } from '@portico/nestjs';
import type { NextFunction, Request, Response } from 'express';
import { AccountController } from './account.controller.js';
import { JwtGuard, jwtStrategy } from './auth.js';
import { Ledger } from './ledger.js';
import { principalOf, Tenants, type User } from './tenants.js';

/** A small SaaS: tenants, plans, JWT, a usage page, and a gateway in it. */
export async function buildApp({ fakeProvider }: ExampleOptions = {}): Promise<Example> {
  const model = await chooseModel(fakeProvider);
  const secret = process.env.JWT_SECRET || randomBytes(32).toString('hex');

  @Module({
    imports: [
      PassportModule,
      JwtModule.register({ secret, signOptions: { expiresIn: '8h' } }),
      // The gateway.
      LlmModule.forRoot({
        models: { fast: [model.deployment] },
        guards: [JwtGuard],
        principalOf: (user) => principalOf(user as User),
      }),
    ],
    controllers: [AccountController],
    providers: [jwtStrategy(secret), Tenants, Ledger],
  })
  class AppModule {}

  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    logger: ['error'],
    forceCloseConnections: true,
  });
  app.useBodyParser('json', { limit: '20mb' });
  app.use((req: Request, res: Response, next: NextFunction) => {
    const file = req.method === 'GET' ? findPageFile(req.path) : undefined;
    if (file === undefined) next();
    else res.type(file.type).send(file.body);
  });

  return {
    async listen(port = 0, host = '127.0.0.1') {
      await app.listen(port, host);
      return app.getUrl();
    },
    async close() {
      await app.close();
      await model.close();
    },
  };
}
