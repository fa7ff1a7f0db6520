// undici's root also loads fetch, websockets, caches and mocks: 100 ms and 8 MB of a cold start, against 28 ms for
// the client alone. The files below are at the same path in all of undici 7; a test imports them.
declare module 'undici/lib/dispatcher/client.js' {
  import { Client } from 'undici';

  export default Client;
}

declare module 'undici/lib/core/connect.js' {
  import type { Socket, TcpSocketConnectOpts } from 'node:net';
  import { buildConnector } from 'undici';

  /** The published type, plus what it leaves out: the callback gets the socket while it is still connecting. */
  export default function connectorOf(
    options: buildConnector.BuildOptions & Partial<TcpSocketConnectOpts>,
  ): (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;
}
