import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { FAILURES, type FailureKind, GatewayError } from '@portico/core';

/**
 * Spells what the host's guards, pipes and interceptors throw as clients of models read it: the OpenAI error shape, with
 * the `type` beside it that Anthropic's clients look for. Once headers are sent there is nothing left to spell.
 */
export class LlmExceptionFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const res: PlatformResponse = host.switchToHttp().getResponse();
    const raw = res.raw ?? res;
    if (raw.headersSent) {
      // A clean end would pass for a whole answer.
      if (!raw.writableEnded) raw.destroy();
      return;
    }
    const { status, kind, message } = read(thrown);
    const { type, code } = FAILURES[kind];
    res.status(status).send({ type: 'error', error: { message, type, param: null, code, kind } });
  }
}
Catch()(LlmExceptionFilter);

interface PlatformResponse {
  readonly raw?: RawResponse;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  destroy(): void;
  status(code: number): { send(body: unknown): void };
}

type RawResponse = Pick<PlatformResponse, 'headersSent' | 'writableEnded' | 'destroy'>;

const KINDS: Readonly<Record<number, FailureKind>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'too_large',
  415: 'unsupported_media_type',
  429: 'over_rate_limit',
  503: 'unavailable',
};

function read(thrown: unknown): { readonly status: number; readonly kind: FailureKind; readonly message: string } {
  if (thrown instanceof GatewayError) return thrown;
  // By its method, so that an exception of another copy of Nest is one too.
  const asHttp = thrown as Partial<HttpException> | null;
  if (thrown instanceof HttpException || typeof asHttp?.getStatus === 'function') {
    const { message, getStatus } = thrown as HttpException;
    const status = getStatus.call(thrown);
    return { status, kind: KINDS[status] ?? (status < 500 ? 'invalid_input' : 'internal'), message };
  }
  return { status: 500, kind: 'internal', message: 'The request failed inside this application.' };
}
