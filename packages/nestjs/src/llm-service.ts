import type {
  AnswerMetadata,
  Authenticate,
  ChatRequest,
  Gateway,
  JsonObject,
  PolicyRequest,
  Principal,
} from '@portico/core';
import { Observable } from 'rxjs';
import type { NestHost } from './nest-host.js';

export interface LlmCallOptions {
  /** The principal of the call. Default: the module's own `principal`. */
  readonly as?: Principal;
  readonly signal?: AbortSignal;
  /** Called once with how the call was answered: by which deployment, after which attempts. */
  readonly onAnswer?: (metadata: AnswerMetadata) => void;
}

/** Calls from the application's own code: same models, policies, limits and ledger as over HTTP, without a socket. */
export class LlmService<Name extends string = string> {
  /** All other methods of a gateway: `fetch`, `issueToken`, `openCalls`, … */
  readonly gateway: Gateway<NestHost, Name>;
  readonly #usual: Principal;
  readonly #authenticate: readonly Authenticate<NestHost>[];

  constructor(gateway: Gateway<NestHost, Name>, usual: Principal, authenticate: readonly Authenticate<NestHost>[]) {
    this.gateway = gateway;
    this.#usual = usual;
    this.#authenticate = authenticate;
  }

  /** One chat completion. Rejects with a `GatewayError`. */
  chat(request: ChatRequest<Name>, options: LlmCallOptions = {}): Promise<JsonObject> {
    return this.gateway.chat(request, { as: this.#usual, ...options });
  }

  /**
   * The chunks of one chat completion. Cold: every subscription is a call of its own, and unsubscribing aborts it. A
   * subscriber gets each chunk as it arrives, and must buffer what it cannot handle at once.
   */
  chatStream(request: ChatRequest<Name>, options: LlmCallOptions = {}): Observable<JsonObject> {
    return new Observable<JsonObject>((subscriber) => {
      const left = new AbortController();
      const signal = options.signal === undefined ? left.signal : AbortSignal.any([left.signal, options.signal]);
      const read = async () => {
        for await (const chunk of this.gateway.chatStream(request, { as: this.#usual, ...options, signal })) {
          subscriber.next(chunk);
        }
        subscriber.complete();
      };
      read().catch((error: unknown) => subscriber.error(error));
      return () => left.abort();
    });
  }

  /** A `fetch` for the official clients whose calls are made as `principal`. */
  fetchAs(principal: Principal = this.#usual): typeof fetch {
    return this.gateway.fetchAs(principal);
  }

  /** Ends all running calls of a principal: for a logout or a downgrade. */
  revoke(principal: Principal | string): number {
    return this.gateway.revoke(principal);
  }

  /** The caller of one of the application's own routes, identified as the gateway would do it; undefined if unknown. */
  async principalOf(host: NestHost): Promise<Principal | undefined> {
    const request: PolicyRequest = {
      requestId: '',
      method: host.req.method,
      path: host.req.originalUrl,
      ip: host.req.ip,
      signal: new AbortController().signal,
      header(name) {
        const value = host.req.headers[name.toLowerCase()];
        return Array.isArray(value) ? value.join(', ') : value;
      },
    };
    for (const authenticate of this.#authenticate) {
      const principal = await authenticate({ ...host, request });
      if (principal) return principal;
    }
    return undefined;
  }
}
