// undici's root also loads fetch, websockets, caches and mocks: 100 ms and 8 MB of a cold start, against 28 ms for
// the client alone. The files below have kept their place through undici 7; a test imports them.
declare module 'undici/lib/dispatcher/client.js' {
  import { Client } from 'undici';

  export default Client;
}

declare module 'undici/lib/core/connect.js' {
  import type { Socket, TcpSocketConnectOpts } from 'node:net';
  import { buildConnector } from 'undici';

  /** As the published type, and with what it leaves out: the socket comes back while it is still connecting. */
  export default function connectorOf(
    options: buildConnector.BuildOptions & Partial<TcpSocketConnectOpts>,
  ): (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;
}
