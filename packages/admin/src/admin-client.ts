import type { JsonObject } from '@portico/core';
import { OPERATIONS } from './operations.js';

/** What an operation of the admin API is given. */
export interface AdminRequest {
  /** The variable parts of its path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: Readonly<JsonObject>;
}

export interface AdminClientOptions {
  /** Where the API is: `https://shop.example/llm/v1/admin`. */
  readonly baseUrl: string;
  /** Sent with every request: `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

/** Why the admin API refused, or failed. */
export class AdminError extends Error {
  override readonly name = 'AdminError';

  constructor(
    message: string,
    /** HTTP status. */
    readonly status: number,
    readonly code: string | undefined,
    /** The field that is wrong. */
    readonly param: string | undefined,
  ) {
    super(message);
  }
}

/**
 * Asks the admin API, by the names of its operations: `ask('createKey', { body: { user: 'ada' } })`. Rejects with an `AdminError`,
 * and with a `TypeError` for an operation that there is not or a part of its path that is missing.
 */
export function adminClient({ baseUrl, headers, fetch: ask = fetch }: AdminClientOptions) {
  return async (name: string, { params = {}, query = {}, body }: AdminRequest = {}): Promise<JsonObject> => {
    const operation = OPERATIONS.find((each) => each.name === name);
    if (operation === undefined) {
      throw new TypeError(`There is no "${name}". There are: ${OPERATIONS.map((each) => each.name).join(', ')}.`);
    }
    const path = operation.path.replace(/\{(\w+)\}/g, (_, part: string) => {
      const value = params[part];
      if (value === undefined || value === '') throw new TypeError(`"${name}" needs the parameter "${part}".`);
      return encodeURIComponent(value);
    });
    const search = new URLSearchParams();
    for (const [field, value] of Object.entries(query)) if (value !== undefined) search.set(field, String(value));
    const answer = await ask(
      `${baseUrl.replace(/(?<!\/)\/+$/, '')}${path}${search.size === 0 ? '' : `?${search.toString()}`}`,
      {
        method: operation.method,
        headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
    );
    const value = (await answer.json()) as JsonObject & { readonly error?: JsonObject };
    if (answer.ok) return value;
    const { message = `It failed with status ${answer.status}.`, code, param } = value.error ?? {};
    throw new AdminError(String(message), answer.status, textOf(code), textOf(param));
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
