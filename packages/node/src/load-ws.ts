import { GatewayError } from '@portico/core';

type Ws = typeof import('ws');

let loaded: Promise<Ws> | undefined;

/** The package `ws`, which only conversations need. */
export function loadWs(): Promise<Ws> {
  loaded ??= import('ws').catch((cause: unknown) => {
    loaded = undefined;
    throw new GatewayError('internal', 'Conversations need the package "ws": install it beside the gateway.', {
      code: 'missing_package',
      cause,
    });
  });
  return loaded;
}

/** Larger messages are refused: a minute of sound in base64 is a tenth of it. */
export const LONGEST_MESSAGE_BYTES = 32 * 1024 * 1024;
