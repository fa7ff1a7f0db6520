import { buildApp, type Environment } from './app.js';

declare const process: { readonly env: Environment };

/** What `bun server.js` and `deno serve server.js` look for. */
export default {
  port: Number(process.env.PORT ?? 3000),
  // Bun ends what is silent for longer than this many seconds, 10 if nothing is said; the gateway says something every 15.
  idleTimeout: 60,
  fetch: buildApp(process.env),
};
