import { GatewayError, type JsonObject } from '@portico/core';
import type { AccessToken } from './access-token.js';
import { fetchText, type TextQuestion } from './fetch-text.js';
import type { SourceMeans } from './kept-credential.js';
import { parseObject } from './parse-json.js';
import { presentableText } from './presentable-text.js';

/** Asks a server for a token. Tells what it said where it gives none, without the credential. */
export async function requestToken(
  question: Pick<TextQuestion, 'method' | 'url' | 'headers' | 'body'>,
  means: SourceMeans,
  who: string,
): Promise<AccessToken> {
  const { cancellation, attempt } = means;
  const { status, text } = await fetchText(means.send, { ...question, cancellation, attempt });
  const answer = parseObject(text) ?? {};
  const { access_token: value, expires_in: seconds } = answer;
  if (status !== 200 || typeof value !== 'string' || value === '') throw refused(status, answer, question.url, who);
  return { value, expiresAt: means.clock.now() + (typeof seconds === 'number' ? seconds : USUAL_SECONDS) * 1000 };
}

/** The lifetime of a token that does not say how long it lives. */
const USUAL_SECONDS = 3600;

function refused(status: number, answer: JsonObject, url: URL, who: string): GatewayError {
  const { error, error_description: description } = answer;
  const code = typeof error === 'string' && /^[\w-]{1,40}$/.test(error) ? `, ${error}` : '';
  const isDown = status >= 500 || status === 429;
  return new GatewayError(
    isDown ? 'upstream_error' : 'unauthorized_upstream',
    `${who} could not sign in: ${url.host} gave no token (status ${status}${code}).`,
    { cause: typeof description === 'string' ? presentableText(description) : undefined },
  );
}
