// The alias of an older version has no types of its own; what the tests use of it is as in version 5.
declare module 'express4' {
  import express from 'express';
  export default express;
}

declare module 'compression' {
  import type { RequestHandler } from 'express';
  export default function compression(options?: { readonly threshold: number }): RequestHandler;
}

declare module 'koa2' {
  import Koa from 'koa';
  export default Koa;
}

declare module 'cors' {
  import type { RequestHandler } from 'express';
  export default function cors(options: { readonly origin: boolean; readonly credentials: boolean }): RequestHandler;
}

declare module 'morgan' {
  import type { RequestHandler } from 'express';
  export default function morgan(
    format: string,
    options: { readonly stream: { write(line: string): unknown } },
  ): RequestHandler;
}

declare module '@koa/cors' {
  import type { Middleware } from 'koa';
  export default function cors(options: { readonly credentials: boolean }): Middleware;
}

declare module 'koa-bodyparser' {
  import type { Middleware } from 'koa';
  export default function bodyParser(options: { readonly jsonLimit: string }): Middleware;
}

declare module 'koa-mount' {
  import type { Middleware } from 'koa';
  export default function mount(prefix: string, middleware: Middleware): Middleware;
}
