import { buildApp, type Environment } from './app.js';

// One for the whole life of the Worker: it counts what its users spend, and has the list of running calls.
let app: ReturnType<typeof buildApp> | undefined;

/** What Cloudflare's runtime looks for. */
export default {
  fetch(request: Request, environment: Environment): Promise<Response> {
    app ??= buildApp(environment);
    return app(request);
  },
};
