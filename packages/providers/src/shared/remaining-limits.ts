import type { HeaderLookup, RoomLeft } from '@portico/core/provider';

type Counted = 'requests' | 'tokens';

/**
 * OpenAI's headers, which most vendors copied: `x-ratelimit-remaining-requests`, with the time until the full limit
 * is available again as `1s`, `6m0s` or `120ms`
 * (https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers).
 */
export function remainingInOpenAiHeaders(headers: HeaderLookup): RoomLeft {
  const room = (counted: Counted) => {
    const left = number(headers.get(`x-ratelimit-remaining-${counted}`));
    if (left === undefined) return undefined;
    const resetsInMs = durationMs(headers.get(`x-ratelimit-reset-${counted}`));
    if (resetsInMs === undefined) return undefined;
    return { left, limit: number(headers.get(`x-ratelimit-limit-${counted}`)), resetsInMs };
  };
  return { requests: room('requests'), tokens: room('tokens') };
}

/**
 * Anthropic's: `anthropic-ratelimit-tokens-remaining`, with the time of the reset as RFC 3339
 * (https://docs.claude.com/en/api/rate-limits).
 */
export function remainingInAnthropicHeaders(headers: HeaderLookup, now: number): RoomLeft {
  const room = (counted: Counted) => {
    const left = number(headers.get(`anthropic-ratelimit-${counted}-remaining`));
    const resetsAt = Date.parse(headers.get(`anthropic-ratelimit-${counted}-reset`) ?? '');
    if (left === undefined || Number.isNaN(resetsAt)) return undefined;
    const limit = number(headers.get(`anthropic-ratelimit-${counted}-limit`));
    return { left, limit, resetsInMs: Math.max(0, resetsAt - now) };
  };
  return { requests: room('requests'), tokens: room('tokens') };
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1s`, `6m0s`, `2m59.56s`, `120ms`; a bare number is seconds. */
function durationMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit = ''] of text.matchAll(/(?<!\d)(\d+(?:\.\d+)?)(ms|[smhd])/g))
    ms += Number(count) * (UNITS_MS[unit] ?? 0);
  return ms;
}
