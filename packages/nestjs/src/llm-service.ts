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
  /** Whom the call is made and charged as. Default: the module's own `principal`. */
  readonly as?: Principal;
  readonly signal?: AbortSignal;
  /** Told once how the call was answered: by which deployment, at which attempt. */
  readonly onAnswer?: (metadata: AnswerMetadata) => void;
}

/** Calls from the application's own code: same models, policies, limits and ledger as over HTTP, and no socket. */
export class LlmService<Name extends string = string> {
  /** Everything else a gateway can do: `fetch`, `issueToken`, `openCalls`, … */
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
   * subscriber is given each chunk as it comes; what it does not handle at once it keeps itself.
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

  /** Ends what a principal has under way: for a logout or a downgrade. */
  revoke(principal: Principal | string): number {
    return this.gateway.revoke(principal);
  }

  /** Who is calling one of the application's own routes, found as the gateway would find it; undefined for nobody. */
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
