// Express 4 as an alias has no types of its own; where the tests use it, it has the face of 5.
declare module 'express4' {
  import express from 'express';

  export default express;
}

declare module 'compression' {
  import type { Request, RequestHandler, Response } from 'express';

  export default function compression(options: {
    threshold: number;
    filter(req: Request, res: Response): boolean;
  }): RequestHandler;
}
