export { run } from './run.js';
export { type OpenServer, openServer } from './server/open-server.js';
export type { Terminal } from './terminal.js';
