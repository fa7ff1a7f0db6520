import { GatewayError } from '@portico/core';

/** How far an exchange had come when it failed. */
export type Stage = 'connecting' | 'waiting' | 'reading';

/** A network failure between the gateway and an upstream as an error; the vendor sent no response. */
export function networkFailure(error: unknown, origin: string, stage: Stage): GatewayError {
  const code = codeOf(error);
  const host = origin.slice(origin.indexOf('://') + 3);
  if (stage === 'connecting' && isTlsFailure(code, error)) {
    return new GatewayError(
      'network',
      `The TLS handshake with ${host} failed (${code}). Check the base URL, the server's certificate and, for a private certificate authority, NODE_EXTRA_CA_CERTS.`,
      { retryable: false, cause: error },
    );
  }
  const { found, check, retryable } = FAILURES_BY_CODE[code] ?? failureAt(stage);
  return new GatewayError('network', `${host} ${found} (${code}). ${check}`, { retryable, cause: error });
}

interface KnownFailure {
  readonly found: string;
  readonly check: string;
  readonly retryable: boolean;
}

const FAILURES_BY_CODE: Readonly<Record<string, KnownFailure>> = {
  ECONNREFUSED: {
    found: 'refused the connection',
    check: 'Check that it is running and that the base URL has the right port.',
    retryable: true,
  },
  ENOTFOUND: {
    found: 'does not resolve to an address',
    check: 'Check the host name in the base URL.',
    retryable: false,
  },
  EAI_AGAIN: {
    found: 'could not be resolved: the name server did not answer',
    check: 'Check the DNS settings of this machine.',
    retryable: false,
  },
  UND_ERR_CONNECT_TIMEOUT: {
    found: 'did not accept a connection in time',
    check: 'Check the base URL and the firewalls in between.',
    retryable: true,
  },
  // The request is not valid HTTP: another try on the same deployment cannot help.
  UND_ERR_INVALID_ARG: {
    found: 'was not called: the request has a header or path that HTTP does not allow',
    check: 'Check the API key and the headers of the deployment for line breaks and other control characters.',
    retryable: false,
  },
};

function failureAt(stage: Stage): KnownFailure {
  return { found: FOUND_AT[stage], check: 'Check its status and the network in between.', retryable: true };
}

const FOUND_AT: Readonly<Record<Stage, string>> = {
  connecting: 'could not be reached',
  waiting: 'closed the connection before it answered',
  reading: 'closed the connection during its answer',
};

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|EPROTO|HOSTNAME_MISMATCH)|SELF_SIGNED|CERTIFICATE/;

function isTlsFailure(code: string, error: unknown): boolean {
  if (TLS_CODE.test(code)) return true;
  // Node reports a peer that closes during the handshake as a plain reset; only the message shows it.
  return code === 'ECONNRESET' && String((error as Error).message).includes('before secure TLS connection');
}
