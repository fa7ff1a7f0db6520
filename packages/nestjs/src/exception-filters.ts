import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { FAILURES, type FailureKind, GatewayError } from '@portico/core';

/**
 * For the gateway's own routes: converts errors of the host's guards, pipes and interceptors to the format that model clients
 * read: OpenAI's error format, with the `type` that Anthropic's clients look for. Once headers are sent nothing can be converted.
 */
export class GatewayRoutesFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const res: PlatformResponse = host.switchToHttp().getResponse();
    const raw = res.raw ?? res;
    if (raw.headersSent) {
      // A clean end would look like a complete answer.
      if (!raw.writableEnded) raw.destroy();
      return;
    }
    const { status, kind, message, retryAfterMs } = read(thrown);
    const { type, code } = FAILURES[kind];
    // Both platforms of Nest have `header`.
    if (retryAfterMs !== undefined) res.header('retry-after', String(Math.ceil(retryAfterMs / 1000)));
    res.status(status).send({ type: 'error', error: { message, type, param: null, code, kind } });
  }
}
Catch()(GatewayRoutesFilter);

/**
 * For the host's own routes that call `LlmService`: answers a `GatewayError` with its status (429 for a limit, with
 * `Retry-After`) where Nest would answer 500. Other errors are left to Nest. In use with
 * `app.useGlobalFilters(new LlmExceptionFilter())`, `APP_FILTER` or `@UseFilters(LlmExceptionFilter)`.
 */
export class LlmExceptionFilter extends GatewayRoutesFilter {}
Catch(GatewayError)(LlmExceptionFilter);

interface PlatformResponse {
  readonly raw?: RawResponse;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  destroy(): void;
  header(name: string, value: string): unknown;
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

function read(thrown: unknown): Pick<GatewayError, 'status' | 'kind' | 'message' | 'retryAfterMs'> {
  if (thrown instanceof GatewayError) return thrown;
  // By its method, so that an exception of another copy of Nest is recognised too.
  const asHttp = thrown as Partial<HttpException> | null;
  if (thrown instanceof HttpException || typeof asHttp?.getStatus === 'function') {
    const { message, getStatus } = thrown as HttpException;
    const status = getStatus.call(thrown);
    return {
      status,
      kind: KINDS[status] ?? (status < 500 ? 'invalid_input' : 'internal'),
      message,
      retryAfterMs: undefined,
    };
  }
  return {
    status: 500,
    kind: 'internal',
    message: 'The request failed inside this application.',
    retryAfterMs: undefined,
  };
}
