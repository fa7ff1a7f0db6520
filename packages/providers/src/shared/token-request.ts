import { GatewayError, type JsonObject } from '@portico/core';
import type { AccessToken } from './access-token.js';
import type { SourceContext } from './cached-credential.js';
import { fetchText, type TextQuestion } from './fetch-text.js';
import { parseObject } from './parse-json.js';
import { presentableText } from './presentable-text.js';

/**
 * Requests a token from a server. The error of a failed request contains the server's message, without the
 * credential.
 */
export async function requestToken(
  question: Pick<TextQuestion, 'method' | 'url' | 'headers' | 'body'>,
  means: SourceContext,
  providerName: string,
): Promise<AccessToken> {
  const { cancellation, attempt } = means;
  const { status, text } = await fetchText(means.send, { ...question, cancellation, attempt });
  const answer = parseObject(text) ?? {};
  const { access_token: value, expires_in: seconds } = answer;
  if (status !== 200 || typeof value !== 'string' || value === '')
    throw refused(status, answer, question.url, providerName);
  return { value, expiresAt: means.clock.now() + (typeof seconds === 'number' ? seconds : USUAL_SECONDS) * 1000 };
}

/** The lifetime of a token that does not have one. */
const USUAL_SECONDS = 3600;

function refused(status: number, answer: JsonObject, url: URL, providerName: string): GatewayError {
  const { error, error_description: description } = answer;
  const code = typeof error === 'string' && /^[\w-]{1,40}$/.test(error) ? `, ${error}` : '';
  const isDown = status >= 500 || status === 429;
  return new GatewayError(
    isDown ? 'upstream_error' : 'unauthorized_upstream',
    `${providerName} could not sign in: ${url.host} returned no token (status ${status}${code}).`,
    { cause: typeof description === 'string' ? presentableText(description) : undefined },
  );
}
