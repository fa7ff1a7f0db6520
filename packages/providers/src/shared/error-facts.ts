import { isJsonObject, type JsonObject } from '@portico/core';

/** The content of an error body, in any of its formats. */
export interface ErrorFacts {
  readonly message: string | undefined;
  /** Codes and types, the most specific first, lower-case. */
  readonly codes: readonly string[];
  /** `code` as the vendor wrote it. */
  readonly code: string | undefined;
  readonly param: string | undefined;
  /** The HTTP status in the body itself. */
  readonly status: number | undefined;
}

/** Reads an error body; undefined if the body is not an error. */
export function errorFactsOf(body: unknown): ErrorFacts | undefined {
  const whole: unknown = Array.isArray(body) ? body[0] : body;
  if (!isJsonObject(whole)) return undefined;
  const source = sourceOf(whole);
  if (source === undefined) return undefined;
  const { message, code } = source;
  const inner = isJsonObject(source.innererror) ? source.innererror : NOTHING;
  const codes = [code, source.type, source.error_code, source.error_type, source.status, inner.code];
  return {
    message: messageOf(message ?? source.detail ?? source.msg, source.metadata),
    codes: codes
      .filter((word) => typeof word === 'string' || typeof word === 'number')
      .map((word) => `${word}`.toLowerCase()),
    code: typeof code === 'string' ? code : undefined,
    param: typeof source.param === 'string' ? source.param : undefined,
    status: statusAmong([code, source.status, source.status_code, source.statusCode, source.raw_status_code]),
  };
}

// Seen: {error: {…}}, {error: "text", code}, {errors: [{…}]}, {base_resp: {…}}, {detail}, {message, code}, {object: "error", …}.
function sourceOf(body: JsonObject): JsonObject | undefined {
  const { error, errors, base_resp: base } = body;
  if (isJsonObject(error)) return error;
  if (typeof error === 'string' && error !== '') return { ...body, message: error };
  if (error !== undefined && error !== null && error !== false && error !== '') return { ...body, message: undefined };
  if (isJsonObject(base) && typeof base.status_code === 'number' && base.status_code !== 0) {
    return { message: base.status_msg, code: base.status_code };
  }
  if (Array.isArray(body.choices) || Array.isArray(body.data)) return undefined;
  if (Array.isArray(errors) && isJsonObject(errors[0])) return errors[0];
  if (body.detail !== undefined || body.object === 'error') return body;
  return typeof body.message === 'string' || typeof body.msg === 'string' ? body : undefined;
}

function messageOf(value: unknown, metadata: unknown): string | undefined {
  const text = textOf(value);
  // A router says "Provider returned error" and has the provider's own message here.
  const raw = isJsonObject(metadata) && typeof metadata.raw === 'string' ? metadata.raw : undefined;
  return raw === undefined ? text : `${text ?? 'error'}: ${raw}`;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).filter(Boolean).join('; ') || undefined;
  if (!isJsonObject(value)) return undefined;
  // One entry of a validator: `loc` is the path of the field, `msg` what is wrong with it.
  const found = textOf(value.msg ?? value.message ?? value.detail);
  return Array.isArray(value.loc) && found !== undefined ? `${value.loc.join('.')}: ${found}` : found;
}

function statusAmong(candidates: readonly unknown[]): number | undefined {
  for (const candidate of candidates) {
    const status = typeof candidate === 'string' && /^\d{3}$/.test(candidate) ? Number(candidate) : candidate;
    if (typeof status === 'number' && status >= 400 && status < 600) return status;
  }
  return undefined;
}

const NOTHING: JsonObject = {};
