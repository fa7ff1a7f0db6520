import { buildApp, type Environment } from './app.js';

declare const process: { readonly env: Environment };

/** What `bun server.js` and `deno serve server.js` look for. */
export default {
  port: Number(process.env.PORT ?? 3000),
  // Bun ends connections that are silent for this many seconds, 10 by default; the gateway sends a comment every 15.
  idleTimeout: 60,
  fetch: buildApp(process.env),
};
