import type { AnswerMetadata, AttemptMetadata } from '../answer-metadata.js';

/** Longest header value: proxies accept 8 KB of headers in total. */
const LONGEST_VALUE = 2_000;

/** The metadata of a call as headers: name and value in turn. */
export type FormatMetadata = (metadata: AnswerMetadata) => readonly string[];

/** `x-portico-*`: the deployment that answered, earlier attempts, and what was dropped. */
export function porticoHeaders({ attempts, warnings, ...metadata }: AnswerMetadata): string[] {
  const { deployment, answeredModel, provider, upstreamModel } = metadata;
  return headers({
    'x-portico-deployment': deployment,
    'x-portico-model-group': answeredModel,
    'x-portico-model': provider && `${provider}/${upstreamModel}`,
    'x-portico-attempts': listed(attempts),
    'x-portico-upstream-request-id': metadata.upstreamRequestId,
    'x-portico-warnings': warnings.join('; ') || undefined,
  });
}

/** `x-litellm-*`, where there is a value: for clients that read them. */
export function litellmHeaders(metadata: AnswerMetadata): string[] {
  const { attempts, deployment, durationMs, costNanoUsd } = metadata;
  const groups = new Set(attempts.map(({ group }) => group));
  const fallbacks = Math.max(0, groups.size - 1);
  const upstreamMs = attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);
  return headers({
    'x-litellm-call-id': metadata.callId,
    'x-litellm-model-id': deployment,
    'x-litellm-model-group': metadata.answeredModel ?? metadata.requestedModel,
    'x-litellm-attempted-retries': String(Math.max(0, attempts.length - 1 - fallbacks)),
    'x-litellm-attempted-fallbacks': String(fallbacks),
    'x-litellm-response-duration-ms': String(durationMs),
    'x-litellm-overhead-duration-ms': String(Math.max(0, durationMs - upstreamMs)),
    'x-litellm-response-cost': costNanoUsd === undefined ? undefined : String(costNanoUsd / 1e9),
  });
}

/**
 * A list of strings with parameters (RFC 9651): `"fast:acme/one";status=503;ms=120;reason=overloaded`. As many as fit
 * into a header.
 */
function listed(attempts: readonly AttemptMetadata[]): string | undefined {
  let line: string | undefined;
  for (const attempt of attempts) {
    const longer: string = line === undefined ? formatted(attempt) : `${line}, ${formatted(attempt)}`;
    if (longer.length > LONGEST_VALUE) break;
    line = longer;
  }
  return line;
}

function formatted({ deployment, status, durationMs, failure }: AttemptMetadata): string {
  const name = deployment.replace(/["\\]/g, '\\$&');
  return `"${name}"${parameter('status', status)}${parameter('ms', durationMs)}${parameter('reason', failure)}`;
}

function parameter(name: string, value: string | number | undefined): string {
  return value === undefined ? '' : `;${name}=${value}`;
}

function headers(values: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    // Ids and warnings come from configuration and vendors: characters that are not allowed in a header are removed.
    value === undefined ? [] : [name, value.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_VALUE)],
  );
}
