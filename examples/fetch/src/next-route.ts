import { buildApp, type Environment } from './app.js';

declare const process: { readonly env: Environment };

const app = buildApp(process.env);

// As `app/llm/[...path]/route.ts` of a Next.js app; a page of the app calls it below `/llm/v1`.
export const GET = (request: Request): Promise<Response> => app(request);
export const POST = (request: Request): Promise<Response> => app(request);
