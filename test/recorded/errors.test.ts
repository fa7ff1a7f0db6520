import { type FailureKind, GatewayError } from '@portico/core';
import { allProviders } from '@portico/providers';
import { type CaseLine, listCases, listDocumentedErrors, readCase } from '@portico/testing';
import { describe, expect, it } from 'vitest';
import { answeringGateway, vendorOf } from './answering-gateway.js';
import { fixtures, WITHOUT_FIXTURES } from './fixtures.js';
import { readAnswer } from './read-answer.js';

/** What routing may do about a failure. */
interface Decision {
  readonly kind: FailureKind;
  /** The same deployment may be asked again. */
  readonly again: boolean;
  readonly failover: 'always' | 'never' | 'context' | 'content';
}

const RATE_LIMITED: Decision = { kind: 'rate_limited', again: true, failover: 'always' };
const QUOTA: Decision = { kind: 'quota_exhausted', again: false, failover: 'always' };
const OVERLOADED: Decision = { kind: 'overloaded', again: true, failover: 'always' };
const BROKEN: Decision = { kind: 'upstream_error', again: true, failover: 'always' };
const LOCKED_OUT: Decision = { kind: 'unauthorized_upstream', again: false, failover: 'always' };
const NO_MODEL: Decision = { kind: 'upstream_model_not_found', again: false, failover: 'always' };
const TOO_LONG: Decision = { kind: 'context_too_long', again: false, failover: 'context' };
const FILTERED: Decision = { kind: 'content_filtered', again: false, failover: 'content' };
const WRONG: Decision = { kind: 'invalid_input', again: false, failover: 'never' };

/** What each documented failure means, by its name, and how long it asks to wait. One that is not here fails. */
const DOCUMENTED: Readonly<Record<string, Decision & { readonly retryAfterMs?: number }>> = {
  'anthropic/error-413-too-large': WRONG,
  'anthropic/error-429-rate-limit': { ...RATE_LIMITED, retryAfterMs: 41_000 },
  'anthropic/error-529-overloaded': OVERLOADED,
  'anthropic/error-mid-stream-overloaded': OVERLOADED,
  'azure/error-400-content-filter': FILTERED,
  'azure/error-429-retry-after': { ...RATE_LIMITED, retryAfterMs: 6_400 },
  'bedrock/error-429-throttling': RATE_LIMITED,
  'bedrock/error-mid-stream-throttling': RATE_LIMITED,
  'gemini/error-429-retry-info': { ...RATE_LIMITED, retryAfterMs: 34_075 },
  'gemini/error-503-unavailable': OVERLOADED,
  'openai/error-400-context-length': TOO_LONG,
  'openai/error-429-insufficient-quota': QUOTA,
  'openai/error-429-rate-limit': { ...RATE_LIMITED, retryAfterMs: 20_000 },
  'openai/error-500': BROKEN,
  'openai/error-cut-stream': { kind: 'network', again: true, failover: 'always' },
};

/** What a status may mean. Vendors say 400 for much. */
const BY_STATUS: Readonly<Record<number, readonly Decision[]>> = {
  400: [WRONG, TOO_LONG, FILTERED, NO_MODEL, LOCKED_OUT, QUOTA],
  401: [LOCKED_OUT],
  403: [LOCKED_OUT],
  404: [NO_MODEL],
  429: [RATE_LIMITED, QUOTA],
  500: [BROKEN],
  // What a server does not do, another may.
  501: [{ ...BROKEN, again: false }],
};

describe('failures of vendors, recorded and documented', () => {
  if (fixtures === undefined) return it.skip(WITHOUT_FIXTURES, () => {});
  const folder = fixtures;
  const documented = listDocumentedErrors(folder).map((id): CaseLine => {
    const { provider, api, kind, stream, model, tags, fidelity, response } = readCase(folder, id);
    return { id, provider, api, kind, stream, model, tags, fidelity, status: response.status };
  });
  const recorded = listCases(folder, ({ status }) => status >= 400);

  for (const line of documented.filter(({ stream }) => !stream)) {
    it.skipIf(vendorOf(line) === undefined)(`${line.id} is what its reference says it is`, () => {
      const { retryAfterMs, ...decision } = documentedOf(line);
      const failure = classified(line);
      expect(decisionOf(failure)).toEqual(decision);
      expect(failure.retryAfterMs === undefined ? undefined : Math.ceil(failure.retryAfterMs)).toBe(retryAfterMs);
    });
  }

  for (const line of documented.filter(({ stream }) => stream)) {
    it.skipIf(vendorOf(line) === undefined)(`${line.id} ends the stream with what its reference says`, async () => {
      const { kind } = documentedOf(line);
      const gateway = answeringGateway(folder, [line]);
      const body = { model: line.id, messages: [{ role: 'user', content: 'Hello' }] };
      await expect(readAnswer(gateway.openai, body, true)).rejects.toBeInstanceOf(Error);
      expect(gateway.recordOf(line.id)).toMatchObject({ outcome: 'incomplete', failure: kind });
    });
  }

  for (const line of recorded) {
    it.skipIf(vendorOf(line) === undefined)(`${line.api} ${line.id} is something that ${line.status} may mean`, () => {
      expect(BY_STATUS[line.status]).toContainEqual(decisionOf(classified(line)));
    });
  }

  function classified(line: CaseLine): GatewayError {
    const { response } = readCase(folder, line.id);
    const text = new TextDecoder().decode(response.bytes);
    const provider = allProviders().find(({ name }) => name === vendorOf(line));
    const failure = provider?.classify({
      status: response.status,
      headers: { get: (name) => response.headers[name] },
      body: parsed(text),
      text,
    });
    if (!(failure instanceof GatewayError)) throw new Error('it was not classified');
    return failure;
  }
});

function documentedOf({ id }: CaseLine): Decision & { readonly retryAfterMs?: number } {
  const found = DOCUMENTED[id.replace('documented-errors/', '')];
  if (found === undefined) throw new Error(`Say in DOCUMENTED what "${id}" means.`);
  return found;
}

function decisionOf({ kind, retryable, traits }: GatewayError): Decision {
  return { kind, again: retryable, failover: traits.failover };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
