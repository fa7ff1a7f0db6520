import { createWriteStream } from 'node:fs';
import { devNull } from 'node:os';
import { CHAT_ANSWER } from '../payloads.mjs';

/** What an empty handler answers with: a kilobyte of JSON, as the gateway's upstream does. */
export const ANSWER = CHAT_ANSWER;

/** Where logs go. */
export const NOWHERE = createWriteStream(devNull);

/** Listens on any port; the address of its API. */
export async function listening(server, prefix) {
  server.keepAliveTimeout = 60_000;
  if (!server.listening) await new Promise((resolve) => server.listen(0, '127.0.0.1', 1024, resolve));
  return { url: `http://127.0.0.1:${server.address().port}${prefix}` };
}

/** Reads a body and forgets it, the cheapest way Node has. */
export function readAll(request) {
  return new Promise((resolve) => request.on('end', resolve).resume());
}
