import {
  type CustomEndpoint,
  type EndpointRequest,
  GatewayError,
  isJsonObject,
  type JsonObject,
  type MaybePromise,
  type Plugin,
} from '@portico/core';
import { StoreConflict } from '@portico/core/store';
import type { z } from 'zod';
import {
  type AdminOperation,
  type AdminStores,
  type AdminWork,
  type AuditEntry,
  createAuditLog,
} from './admin-operation.js';
import { openApiDocument } from './open-api.js';
import { OPERATIONS } from './operations.js';

export interface AdminOptions<Host = unknown> {
  /** The stores of the gateway: `sqlStores(db)`. */
  readonly stores: AdminStores;
  /**
   * Whether this caller is an administrator. Asked for every request, after the gateway has identified the caller by its session
   * or key. Anything but `true` refuses it with 403.
   */
  authorize(context: Host & { readonly request: EndpointRequest }): MaybePromise<boolean>;
  /** Below the mount. Default `/admin`. */
  readonly path?: `/${string}`;
  /** Hears of every change that was made or refused, to keep it. The API itself remembers the last 1,000. */
  readonly onChange?: (entry: AuditEntry) => void;
}

/**
 * The admin API as a plugin: `plugins: [adminApi({ … })]`. Its callers are authenticated as all callers of the gateway are, by the
 * host's session (with the check of other sites) or a key, and `authorize` says who of them is an administrator. The API describes
 * itself at `{path}/openapi.json`. Its requests are neither counted nor on the ledger; changes are in its audit log.
 *
 * Throws a `TypeError` without `authorize`: an admin API that is open to every caller would be a mistake.
 */
export function adminApi<Host = unknown>(options: AdminOptions<Host>): Plugin<Host> {
  const { stores, authorize, path = '/admin', onChange } = options;
  if (typeof authorize !== 'function') throw new TypeError('The admin API needs "authorize": who is an administrator?');
  const audit = createAuditLog(onChange);
  const offered = OPERATIONS.filter((operation) => operation.missing(stores) === undefined);
  const document = openApiDocument(offered, path);
  return {
    name: 'admin',
    endpoints: [
      ...offered.map((operation) => endpointOf(operation)),
      endpoint('openapi', 'GET', '/openapi.json', () => document),
    ],
  };

  function endpoint(
    name: string,
    method: CustomEndpoint['method'],
    below: `/${string}`,
    answer: (request: EndpointRequest) => MaybePromise<JsonObject>,
  ): CustomEndpoint<Host> {
    return {
      name: `admin.${name}`,
      method,
      path: `${path}${below}`,
      counted: false,
      recorded: false,
      async answer(context) {
        if ((await authorize(context)) !== true) {
          throw new GatewayError('forbidden', 'Only administrators of this service may use its admin API.');
        }
        return await answer(context.request);
      },
    };
  }

  function endpointOf(operation: AdminOperation): CustomEndpoint<Host> {
    const { name, method } = operation;
    return endpoint(name, method, operation.path, async (request) => {
      const query = read(operation.query, Object.fromEntries(request.query), 'query');
      const sent = operation.body === undefined || method === 'GET' ? {} : await bodyOf(request);
      const body = read(operation.body, sent, 'body');
      let status = 200;
      try {
        const work: AdminWork = { gateway: request.gateway, stores, audit };
        return await operation.run({ params: request.params, query, body }, work);
      } catch (error) {
        const failure = asFailure(error);
        status = failure instanceof GatewayError ? failure.status : 500;
        throw failure;
      } finally {
        if (method !== 'GET') {
          const { params } = request;
          audit.add({ at: Date.now(), by: request.principal.id, operation: name, params, change: body, status });
        }
      }
    });
  }
}

/** A request without a body is one with an empty one. */
async function bodyOf(request: EndpointRequest): Promise<JsonObject> {
  if (request.header('content-length') === '0') return {};
  const isEmpty = request.header('content-length') === undefined && request.header('transfer-encoding') === undefined;
  return isEmpty && request.header('content-type') === undefined ? {} : await request.json();
}

function read(schema: z.ZodObject | undefined, value: unknown, where: string): JsonObject {
  if (schema === undefined) return {};
  const result = schema.safeParse(value);
  if (result.success && isJsonObject(result.data)) return result.data;
  const [issue] = result.error?.issues ?? [];
  const path = issue?.path.map(String).join('.') ?? '';
  const field = path === '' && issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : path;
  throw new GatewayError(
    'invalid_input',
    `${field === '' ? `The ${where}` : `"${field}"`}: ${issue?.message ?? 'is wrong'}.`,
    {
      param: field,
    },
  );
}

const CONFLICTS = { not_found: 'not_found', duplicate: 'invalid_input', invalid: 'invalid_input' } as const;

function asFailure(error: unknown): unknown {
  if (!(error instanceof StoreConflict)) return error;
  const status = error.reason === 'duplicate' ? 409 : undefined;
  return new GatewayError(CONFLICTS[error.reason], error.message, status === undefined ? {} : { status });
}
