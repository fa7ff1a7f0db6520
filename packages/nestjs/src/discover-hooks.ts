import { Scope, type Type } from '@nestjs/common';
import { type ContextId, ContextIdFactory, type DiscoveryService, type ModuleRef, type Reflector } from '@nestjs/core';
import {
  type Authenticate,
  type Authorize,
  ConfigError,
  type Observer,
  type Plugin,
  type Sink,
  type UsageRecord,
} from '@portico/core';
import {
  HOOK_MARK,
  type HookKind,
  type HookMark,
  type HookToken,
  type LlmAuthenticatorHook,
  type LlmAuthorizerHook,
  type LlmHookTokens,
  type LlmInterceptorHook,
} from './hooks.js';
import type { NestHost, NestRequest } from './nest-host.js';

interface DiscoveredHook {
  readonly kind: HookKind;
  readonly name: string;
  readonly token: HookToken<unknown>;
  readonly isStatic: boolean;
  instance(): unknown;
}

/**
 * The hooks of one gateway in the application's container, as plugins: those with a decorator, and those under tokens
 * that the host names. They are known before any of them is created, and resolved by the first call that needs them.
 */
export function discoverHooks(
  gateway: string | undefined,
  tokens: LlmHookTokens,
  discovery: DiscoveryService,
  reflector: Reflector,
  modules: ModuleRef,
): Plugin<NestHost>[] {
  const marked = discovery.getProviders().flatMap((wrapper): DiscoveredHook[] => {
    const type = wrapper.metatype as Type | null;
    if (typeof type !== 'function') return [];
    const mark = reflector.get<HookMark | undefined>(HOOK_MARK, type);
    if (mark === undefined || (mark.gateway !== undefined && mark.gateway !== gateway)) return [];
    const { name } = type;
    const isStatic = wrapper.isDependencyTreeStatic();
    return [{ kind: mark.kind, name, token: type, isStatic, instance: () => wrapper.instance as object }];
  });
  const named = TOKEN_LISTS.flatMap(([list, kind]) =>
    (tokens[list] ?? []).map((token, at) => providersUnder(token, kind, `hooks.${list}[${at}]`, modules)),
  ).filter(({ token }) => !marked.some((each) => each.token === token));
  const found = [...marked, ...named];
  for (const hook of found) {
    if (!hook.isStatic && !SEES_REQUESTS.includes(hook.kind)) throw new ConfigError([scopedProblem(hook)]);
  }
  return found.map((hook) => ({ name: hook.name, ...pluginOf(hook, modules) }));
}

const TOKEN_LISTS = [
  ['authenticators', 'authenticator'],
  ['authorizers', 'authorizer'],
  ['interceptors', 'interceptor'],
  ['observers', 'observer'],
  ['sinks', 'sink'],
] as const satisfies readonly (readonly [keyof LlmHookTokens, HookKind])[];

function providersUnder(token: HookToken<unknown>, kind: HookKind, path: string, modules: ModuleRef): DiscoveredHook {
  const name = typeof token === 'function' ? token.name : String(token);
  const isStatic = scopeOf(token, name, path, modules) === Scope.DEFAULT;
  return { kind, name, token, isStatic, instance: () => modules.get<unknown>(token, ANYWHERE) };
}

function scopeOf(token: HookToken<unknown>, name: string, path: string, modules: ModuleRef): Scope {
  try {
    return modules.introspect(token as Type).scope;
  } catch {
    const message = `The container has no provider for ${name}: put it among the providers of a module.`;
    throw new ConfigError([{ path, message }]);
  }
}

const ANYWHERE = { strict: false } as const;

function pluginOf(hook: DiscoveredHook, modules: ModuleRef): Omit<Plugin<NestHost>, 'name'> {
  switch (hook.kind) {
    case 'authenticator': {
      const authenticate: Authenticate<NestHost> = (call) =>
        withInstance<LlmAuthenticatorHook, ReturnType<LlmAuthenticatorHook['authenticate']>>(
          hook,
          modules,
          call,
          (own) => own.authenticate(call),
        );
      return { policies: { authenticate } };
    }
    case 'authorizer': {
      const authorize: Authorize<NestHost> = (call) =>
        withInstance<LlmAuthorizerHook, ReturnType<LlmAuthorizerHook['authorize']>>(hook, modules, call, (own) =>
          own.authorize(call),
        );
      return { policies: { authorize } };
    }
    case 'observer':
      return { observers: [lateObserver(hook)] };
    case 'sink':
      return { sinks: [lateSink(hook)] };
    case 'interceptor':
      return {
        interceptors: [
          (next) => {
            let own: ReturnType<LlmInterceptorHook['intercept']> | undefined;
            return (request) => {
              own ??= single<LlmInterceptorHook>(hook).intercept(next);
              return own(request);
            };
          },
        ],
      };
  }
}

/** Runs a policy on the only instance, or on the instance of this request. */
function withInstance<T, R>(
  hook: DiscoveredHook,
  modules: ModuleRef,
  call: NestHost,
  run: (own: T) => R | Promise<R>,
): R | Promise<Awaited<R>> {
  if (hook.isStatic) return run(hook.instance() as T) as R;
  const id = contextIdOf(call.req, modules);
  return modules.resolve<T>(hook.token as Type<T>, id, ANYWHERE).then((own) => run(own)) as Promise<Awaited<R>>;
}

/** One for all hooks of a request; Nest itself has created one only if a guard or interceptor is request-scoped too. */
function contextIdOf(request: NestRequest, modules: ModuleRef): ContextId {
  const known = CONTEXT_IDS.get(request);
  if (known !== undefined) return known;
  const id = ContextIdFactory.getByRequest(request);
  CONTEXT_IDS.set(request, id);
  // The value of `@Inject(REQUEST)`.
  modules.registerRequestByContextId(request, id);
  return id;
}

const CONTEXT_IDS = new WeakMap<NestRequest, ContextId>();

function lateObserver(hook: DiscoveredHook): Observer {
  const own = () => single<Observer>(hook);
  return {
    name: hook.name,
    callStarted: (call) => own().callStarted?.(call),
    attemptEnded: (call, attempt) => own().attemptEnded?.(call, attempt),
    callEnded: (record) => own().callEnded?.(record),
  };
}

function lateSink(hook: DiscoveredHook): Sink {
  const own = () => single<Sink | undefined>(hook);
  const late = { name: hook.name, record: (batch: readonly UsageRecord[]) => own()?.record(batch) };
  // Whether it has `spill` is known once it exists; a sink without one must not look as if it had it.
  const spill = { enumerable: true, get: () => own()?.spill?.bind(own()) };
  return Object.defineProperty(late, 'spill', spill);
}

/** A hook that also runs outside of requests cannot be request-scoped. */
function single<T>(hook: DiscoveredHook): T {
  return hook.instance() as T;
}

/** Kinds of hooks that run for one request; the others also run outside of requests. */
const SEES_REQUESTS: readonly HookKind[] = ['authenticator', 'authorizer'];

function scopedProblem({ name, kind }: DiscoveredHook) {
  const message = `${name} is request-scoped, but an ${kind} is also called outside of requests: give it the default scope.`;
  return { path: kind, message };
}
