import { GatewayError } from '@portico/core';

type Ws = typeof import('ws');

let loaded: Promise<Ws> | undefined;

/** The package `ws`, which only realtime needs. */
export function loadWs(): Promise<Ws> {
  loaded ??= import('ws').catch((cause: unknown) => {
    loaded = undefined;
    throw new GatewayError('internal', 'Realtime needs the package "ws": install it next to the gateway.', {
      code: 'missing_package',
      cause,
    });
  });
  return loaded;
}

/** Larger messages are rejected: a minute of audio in base64 is a tenth of it. */
export const LONGEST_MESSAGE_BYTES = 32 * 1024 * 1024;
