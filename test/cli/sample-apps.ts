/** A small app: its files by their paths. */
export type SampleApp = Readonly<Record<string, string>>;

/** Apps as people have them, one for each way of doing it that `portico init` knows. */
export const SAMPLE_APPS: Readonly<Record<string, SampleApp>> = {
  'Express 5 in TypeScript, express-session before the parser': {
    'package.json': manifest(
      { express: '^5.1.0', 'express-session': '^1.18.0' },
      { type: 'module', scripts: { dev: 'tsx watch src/server.ts' } },
    ),
    'src/server.ts': `import express from 'express';
import session from 'express-session';

const app = express();
// const app = express(); was here before
app.use(
  session({
    secret: process.env.SESSION_SECRET ?? '',
    resave: false,
    saveUninitialized: false,
  }),
);
app.use(express.json());

app.get('/', (_req, res) => res.send('Hello; (world)'));

app.listen(3000);
`,
  },
  'Express 4 in CommonJS, Passport behind a parser': {
    'package.json': manifest(
      { express: '^4.21.0', passport: '^0.7.0', 'express-session': '^1.18.0' },
      { main: 'app.js' },
    ),
    'app.js': `const express = require('express');
const session = require('express-session');
const passport = require('passport');
const { router } = require('./routes');

const app = express();
app.use(express.json());
app.use(session({ secret: 'x', resave: false, saveUninitialized: false }));
app.use(passport.initialize());
app.use(passport.session());
app.use('/', router);

module.exports = app;
`,
  },
  'Express 4 as its generator makes it': {
    'package.json': manifest(
      { 'cookie-parser': '~1.4.4', express: '~4.16.1', 'http-errors': '~1.6.3', morgan: '~1.9.1' },
      { scripts: { start: 'node ./bin/www' } },
    ),
    'app.js': `var createError = require('http-errors');
var express = require('express');
var path = require('path');
var cookieParser = require('cookie-parser');
var logger = require('morgan');

var indexRouter = require('./routes/index');
var usersRouter = require('./routes/users');

var app = express();

// view engine setup
app.set('views', path.join(__dirname, 'views'));
app.set('view engine', 'jade');

app.use(logger('dev'));
app.use(express.json());
app.use(express.urlencoded({ extended: false }));
app.use(cookieParser());
app.use(express.static(path.join(__dirname, 'public')));

app.use('/', indexRouter);
app.use('/users', usersRouter);

// catch 404 and forward to error handler
app.use(function(req, res, next) {
  next(createError(404));
});

// error handler
app.use(function(err, req, res, next) {
  res.status(err.status || 500);
  res.render('error');
});

module.exports = app;
`,
  },
  'Fastify as fastify-cli makes it': {
    'package.json': manifest(
      { '@fastify/autoload': '^6.0.0', fastify: '^5.0.0', 'fastify-cli': '^7.3.0' },
      { type: 'module', main: 'app.js', scripts: { start: 'fastify start -l info app.js' } },
    ),
    'app.js': `import path from 'node:path'
import AutoLoad from '@fastify/autoload'
import { fileURLToPath } from 'node:url'

const __filename = fileURLToPath(import.meta.url)
const __dirname = path.dirname(__filename)

export const options = {}

export default async function (fastify, opts) {
  fastify.register(AutoLoad, {
    dir: path.join(__dirname, 'routes'),
    options: Object.assign({}, opts)
  })
}
`,
  },
  'Fastify in TypeScript as fastify-cli makes it': {
    'package.json': manifest(
      { '@fastify/autoload': '^6.0.0', fastify: '^5.0.0', 'fastify-cli': '^7.3.0' },
      { main: 'app.ts', scripts: { start: 'npm run build:ts && fastify start -l info dist/app.js' } },
    ),
    'src/app.ts': `import { join } from 'node:path'
import AutoLoad, { AutoloadPluginOptions } from '@fastify/autoload'
import { FastifyPluginAsync, FastifyServerOptions } from 'fastify'

export interface AppOptions extends FastifyServerOptions, Partial<AutoloadPluginOptions> {}
const options: AppOptions = {}

const app: FastifyPluginAsync<AppOptions> = async (
  fastify,
  opts
): Promise<void> => {
  void fastify.register(AutoLoad, {
    dir: join(__dirname, 'routes'),
    options: opts
  })
}

export default app
export { app, options }
`,
  },
  'NestJS as its CLI makes it': {
    'package.json': manifest(
      {
        '@nestjs/common': '^11.0.1',
        '@nestjs/core': '^11.0.1',
        '@nestjs/platform-express': '^11.0.1',
      },
      {},
    ),
    'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
bootstrap();
`,
    'src/app.module.ts': `import { Module } from '@nestjs/common';
import { AppController } from './app.controller';
import { AppService } from './app.service';

@Module({
  imports: [],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
`,
  },
  'Express without a session, made in a function': {
    'package.json': manifest({ express: '^5.1.0' }, { type: 'module' }),
    'src/app.ts': `import express, { type Express } from 'express';

export function buildApp(): Express {
  const app: Express = express();
  app.get('/', (_req, res) => {
    res.send('ok');
  });
  return app;
}
`,
  },
  'Koa 3 with koa-session and a parser': {
    'package.json': manifest(
      { koa: '^3.0.0', 'koa-session': '^7.0.0', 'koa-bodyparser': '^4.4.0' },
      { scripts: { start: 'node dist/main.js' } },
    ),
    'src/main.ts': `import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import session from 'koa-session';

const app = new Koa();
app.keys = ['x'];
app.use(session(app));
app.use(bodyParser());
app.use((ctx) => {
  ctx.body = 'ok';
});
app.listen(3000);
`,
  },
  'Fastify 5 with @fastify/secure-session': {
    'package.json': manifest({ fastify: '^5.0.0', '@fastify/secure-session': '^8.0.0' }, { type: 'module' }),
    'server.js': `import secureSession from "@fastify/secure-session";
import Fastify from "fastify";

const fastify = Fastify({ logger: true });
await fastify.register(secureSession, { key: Buffer.alloc(32) });

fastify.get("/", async () => "ok");
await fastify.listen({ port: 3000 });
`,
  },
  'Fastify in CommonJS, required on the spot': {
    'package.json': manifest({ fastify: '^5.0.0' }, {}),
    'index.js': `const fastify = require('fastify')({ logger: true });

fastify.get('/', async () => 'ok');
fastify.listen({ port: 3000 });
`,
  },
  'Hono with JSON Web Tokens': {
    'package.json': manifest({ hono: '^4.9.0', '@hono/node-server': '^1.19.0' }, { type: 'module' }),
    'src/index.ts': `import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { jwt } from 'hono/jwt';

const app = new Hono();
app.use('/llm/*', jwt({ secret: 'x' }));
app.get('/', (c) => c.text('ok'));
serve(app);
`,
  },
  'NestJS with Passport': {
    'package.json': manifest(
      { '@nestjs/core': '^12.0.0', '@nestjs/common': '^12.0.0', '@nestjs/passport': '^12.0.0', express: '^5.1.0' },
      { scripts: { start: 'nest start', 'start:prod': 'node dist/main' } },
    ),
    'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(3000);
}
void bootstrap();
`,
    'src/app.module.ts': `import { Module } from '@nestjs/common';
import { UsersModule } from './users.module';

@Module({
  imports: [UsersModule],
  controllers: [],
})
export class AppModule {}
`,
  },
  'NestJS whose root module imports nothing': {
    'package.json': manifest({ '@nestjs/core': '^11.0.0', '@nestjs/common': '^11.0.0' }, {}),
    'src/main.ts': `import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

@Module({ controllers: [] })
class Root {}

void NestFactory.create(Root).then((app) => app.listen(3000));
`,
  },
  'Next.js': {
    'package.json': manifest({ next: '^16.0.0', react: '^19.0.0' }, {}),
    'tsconfig.json': '{}\n',
    'src/app/page.tsx': 'export default function Page() {\n  return null;\n}\n',
  },
};

function manifest(dependencies: Readonly<Record<string, string>>, rest: object): string {
  return `${JSON.stringify({ name: 'sample', private: true, ...rest, dependencies }, null, 2)}\n`;
}
