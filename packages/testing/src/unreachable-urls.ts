import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { withErrorListener } from '@portico/core';
import type { ProviderLog } from './provider-log.js';
import { startProviderServer } from './serving/provider-server.js';
import { selfSignedCertificate } from './serving/self-signed-certificate.js';

/** Base URLs at which no provider can be reached, each for a different reason. */
export interface UnreachableUrls {
  /** f01: nothing listens on the port. */
  readonly refused: string;
  /** f02: the name does not resolve, and never will (RFC 6761 reserves `.invalid`). */
  readonly unresolvable: string;
  /** f03: `https://`, but the server does not use TLS. */
  readonly plainText: string;
  /** f03: `https://` with a certificate that no authority signed. Only a client that skips the check gets through. */
  readonly selfSigned: string;
  /** Requests that reached `selfSigned`. There must be none. */
  readonly log: ProviderLog;
  close(): Promise<void>;
}

/** Opens the listeners for the broken handshakes; call `close` when done. */
export async function unreachableUrls(): Promise<UnreachableUrls> {
  const refusing = await refusingPort();
  const notTls = withErrorListener(
    createServer((socket) => {
      withErrorListener(socket).resume().end('220 this is not a TLS server\r\n');
    }),
  );
  const notTlsPort = await listen(notTls);
  const selfSigned = await startProviderServer({
    host: HOST,
    port: 0,
    tls: selfSignedCertificate(),
    respond: ({ reply }) =>
      reply.json(500, { error: { message: 'The client accepted a certificate it must refuse.' } }),
  });
  return {
    refused: `http://${HOST}:${refusing.port}/v1`,
    unresolvable: 'http://no-such-host.invalid/v1',
    plainText: `https://${HOST}:${notTlsPort}/v1`,
    selfSigned: `${selfSigned.origin}/v1`,
    log: selfSigned.log,
    async close() {
      await Promise.all([selfSigned.close(), stop(notTls), refusing.release()]);
    },
  };
}

const HOST = '127.0.0.1';

/**
 * A port that refuses connections and that no other process is given meanwhile: the local end of a connection. A port
 * that was only released may soon be the port of another server.
 */
async function refusingPort(): Promise<{ readonly port: number; release(): Promise<void> }> {
  const accepted: Socket[] = [];
  const server = withErrorListener(createServer((socket) => void accepted.push(withErrorListener(socket))));
  const client = withErrorListener(connect(await listen(server), HOST));
  await once(client, 'connect');
  return {
    port: client.localPort as number, // It is connected.
    release() {
      for (const socket of [client, ...accepted]) socket.destroy();
      return stop(server);
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, resolve);
  });
  return (server.address() as AddressInfo).port; // It listens on TCP, so this is never a pipe's name.
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
