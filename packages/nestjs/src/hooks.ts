import { Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type {
  AuthorizeRequest,
  GatewayError,
  MaybePromise,
  Observer,
  PolicyRequest,
  Principal,
  Send,
  Sink,
} from '@portico/core';
import type { NestHost } from './nest-host.js';

/** Finds out who is calling. Runs after the guards; undefined means "not mine, ask the next". */
export interface LlmAuthenticating {
  authenticate(
    call: NestHost & { readonly request: PolicyRequest },
  ): MaybePromise<Principal | undefined | null | false>;
}

/** Has the last word on a call: an error refuses it. */
export interface LlmAuthorizing {
  authorize(call: NestHost & { readonly request: AuthorizeRequest }): MaybePromise<GatewayError | undefined | void>;
}

/** Wraps every request to a vendor. */
export interface LlmIntercepting {
  intercept(next: Send): Send;
}

/** What kinds of hooks the container is searched for. */
export type HookKind = 'authenticator' | 'authorizer' | 'observer' | 'sink' | 'interceptor';

/** What stands on a decorated class. */
export interface HookMark {
  readonly kind: HookKind;
  /** The gateway it belongs to; all of them if undefined. */
  readonly gateway: string | undefined;
}

export const HOOK_MARK = 'portico:hook';

interface HookOptions {
  /** The name of the gateway it belongs to. Default: every gateway of the application. */
  readonly gateway?: string;
}

/** A class, or a name that the host's container has for what it holds. */
export type HookToken<T> = ClassOf<T> | string | symbol;

/** Hooks that the container holds under tokens of the host's own: classes nobody may decorate, what factories make. */
export interface LlmHookTokens {
  /** May be request-scoped. */
  readonly authenticators?: readonly HookToken<LlmAuthenticating>[];
  /** May be request-scoped. */
  readonly authorizers?: readonly HookToken<LlmAuthorizing>[];
  readonly interceptors?: readonly HookToken<LlmIntercepting>[];
  readonly observers?: readonly HookToken<Observer>[];
  readonly sinks?: readonly HookToken<Sink>[];
}

type ClassOf<T> = abstract new (...args: never[]) => T;

/** A provider that says who is calling. May be request-scoped. */
export const LlmAuthenticator = hook<LlmAuthenticating>('authenticator');
/** A provider that decides whether a call may go on. May be request-scoped. */
export const LlmAuthorizer = hook<LlmAuthorizing>('authorizer');
/** A provider that watches calls. */
export const LlmObserver = hook<Observer>('observer');
/** A provider that receives every usage record. */
export const LlmSink = hook<Sink>('sink');
/** A provider that wraps requests to vendors. */
export const LlmInterceptor = hook<LlmIntercepting>('interceptor');

/** What Nest itself leaves on what it may inject. */
const IS_INJECTABLE = '__injectable__';

/** A decorator that only fits classes of its kind, makes them injectable and lets the module find them. */
function hook<T>(kind: HookKind) {
  return (options: HookOptions = {}) =>
    <Hook extends ClassOf<T>>(target: Hook): void => {
      // A second `@Injectable()` would forget the scope that the first one gave.
      if (new Reflector().get<unknown>(IS_INJECTABLE, target as never) === undefined) Injectable()(target);
      const mark: HookMark = { kind, gateway: options.gateway };
      SetMetadata(HOOK_MARK, mark)(target);
    };
}
