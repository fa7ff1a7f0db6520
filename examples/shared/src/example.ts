import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeProvider } from '@portico/testing';

/** An application, for its tests and its `main.ts`. */
export interface Example {
  /** Returns the URL. */
  listen(port?: number, host?: string): Promise<string>;
  close(): Promise<void>;
}

export interface ExampleOptions {
  /** Tests pass one that they can watch. */
  readonly fakeProvider?: FakeProvider | undefined;
}

/** The users, who sign in with a click: these are examples. */
export const USERS = ['ada', 'grace'] as const;

export function isUser(name: unknown): name is (typeof USERS)[number] {
  return USERS.some((user) => user === name);
}

/** An example on a server of node:http. `close` runs first, so that streams have ended before connections do. */
export function serve(listener: RequestListener, close: () => Promise<void>): Example {
  const server = createServer(listener);
  return {
    async listen(port = 0, host = '127.0.0.1') {
      await new Promise<void>((resolve) => server.listen(port, host, resolve));
      return `http://${host}:${(server.address() as AddressInfo).port}`;
    },
    async close() {
      await close();
      server.close();
      server.closeAllConnections();
    },
  };
}
