import { Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type {
  AuthorizeRequest,
  GatewayError,
  MaybePromise,
  Observer,
  PolicyRequest,
  Principal,
  Sink,
} from '@portico/core';
import type { Send } from '@portico/core/provider';
import type { NestHost } from './nest-host.js';

/** Identifies the caller. Runs after the guards; undefined means "not known here, try the next". */
export interface LlmAuthenticatorHook {
  authenticate(
    call: NestHost & { readonly request: PolicyRequest },
  ): MaybePromise<Principal | undefined | null | false>;
}

/** Decides last about a call: an error rejects it. */
export interface LlmAuthorizerHook {
  authorize(call: NestHost & { readonly request: AuthorizeRequest }): MaybePromise<GatewayError | undefined | void>;
}

/** Wraps every request to a vendor. */
export interface LlmInterceptorHook {
  intercept(next: Send): Send;
}

/** The kinds of hooks that are searched in the container. */
export type HookKind = 'authenticator' | 'authorizer' | 'observer' | 'sink' | 'interceptor';

/** The metadata of a decorated class. */
export interface HookMark {
  readonly kind: HookKind;
  /** The gateway it belongs to; all if undefined. */
  readonly gateway: string | undefined;
}

export const HOOK_MARK = 'portico:hook';

interface HookOptions {
  /** The name of the gateway it belongs to. Default: every gateway of the application. */
  readonly gateway?: string;
}

/** A class, or another token of the host's container. */
export type HookToken<T> = ClassOf<T> | string | symbol;

/** Hooks in the container under tokens of the host: classes that cannot be decorated, and products of factories. */
export interface LlmHookTokens {
  /** May be request-scoped. */
  readonly authenticators?: readonly HookToken<LlmAuthenticatorHook>[];
  /** May be request-scoped. */
  readonly authorizers?: readonly HookToken<LlmAuthorizerHook>[];
  readonly interceptors?: readonly HookToken<LlmInterceptorHook>[];
  readonly observers?: readonly HookToken<Observer>[];
  readonly sinks?: readonly HookToken<Sink>[];
}

type ClassOf<T> = abstract new (...args: never[]) => T;

/** A provider that identifies callers. May be request-scoped. */
export const LlmAuthenticator = hook<LlmAuthenticatorHook>('authenticator');
/** A provider that decides whether a call may continue. May be request-scoped. */
export const LlmAuthorizer = hook<LlmAuthorizerHook>('authorizer');
/** A provider that watches calls. */
export const LlmObserver = hook<Observer>('observer');
/** A provider that receives every usage record. */
export const LlmSink = hook<Sink>('sink');
/** A provider that wraps requests to vendors. */
export const LlmInterceptor = hook<LlmInterceptorHook>('interceptor');

/** Nest's own metadata of an injectable class. */
const IS_INJECTABLE = '__injectable__';

/** A decorator that only fits classes of its kind, makes them injectable and lets the module find them. */
function hook<T>(kind: HookKind) {
  return (options: HookOptions = {}) =>
    <Hook extends ClassOf<T>>(target: Hook): void => {
      // A second `@Injectable()` would overwrite the scope of the first one.
      if (new Reflector().get<unknown>(IS_INJECTABLE, target as never) === undefined) Injectable()(target);
      const mark: HookMark = { kind, gateway: options.gateway };
      SetMetadata(HOOK_MARK, mark)(target);
    };
}
