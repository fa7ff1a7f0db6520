import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type App, CannotPropose, type Proposal } from './app.js';
import { configLines, manifestChange, NAMES, sessionNotes } from './propose-mount.js';

const PACKAGE = '@portico/node';

/** The route handler for a Next.js app. */
export function proposeNextRoute(app: App, version: string): Proposal {
  const folder = ['src/app', 'app'].find((name) => existsSync(join(app.folder, name)));
  if (folder === undefined)
    throw new CannotPropose('There is no app folder here: the gateway is a route handler of the App Router.');
  const ending = existsSync(join(app.folder, 'tsconfig.json')) ? 'ts' : 'js';
  const path = `${folder}/llm/[...path]/route.${ending}`;
  if (existsSync(join(app.folder, path))) throw new CannotPropose(`${path} exists already.`);
  const typed = ending === 'ts' ? 'request: Request' : 'request';
  const after = [
    `import { createGateway } from '${PACKAGE}';`,
    '',
    'const gateway = createGateway({',
    ...configLines(undefined).map((line) => `  ${line}`),
    '});',
    '',
    `const answer = (${typed}) => gateway.fetch(request, undefined, { prefix: '/llm' });`,
    'export const GET = answer;',
    'export const POST = answer;',
    "export const runtime = 'nodejs';",
    "export const dynamic = 'force-dynamic';",
    '',
  ].join('\n');
  return {
    found: `${NAMES.next} ${app.frameworkVersion} with its routes in ${folder}.`,
    changes: [manifestChange(app, PACKAGE, version), { path, before: undefined, after }],
    notes: sessionNotes(undefined),
  };
}
