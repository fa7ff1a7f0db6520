// The alias of an older version has no types of its own; what the tests use of it is as in version 5.
declare module 'express4' {
  import express from 'express';
  export default express;
}

declare module 'compression' {
  import type { RequestHandler } from 'express';
  export default function compression(options: { readonly threshold: number }): RequestHandler;
}

declare module 'koa2' {
  import Koa from 'koa';
  export default Koa;
}
