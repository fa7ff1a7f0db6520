import type { Type } from '@nestjs/common';
import { type ContextId, ContextIdFactory, type DiscoveryService, type ModuleRef, type Reflector } from '@nestjs/core';
import { type Authenticate, type Authorize, ConfigError, type Observer, type Plugin, type Sink } from '@portico/core';
import {
  HOOK_MARK,
  type HookKind,
  type HookMark,
  type LlmAuthenticating,
  type LlmAuthorizing,
  type LlmIntercepting,
} from './hooks.js';
import type { NestHost, NestRequest } from './nest-host.js';

interface Found {
  readonly mark: HookMark;
  readonly type: Type;
  readonly isStatic: boolean;
  instance(): unknown;
}

/**
 * The hooks that the application's container holds for one gateway, as plugins. They are known before any of them is made,
 * and asked for by the first call that needs them.
 */
export function foundHooks(
  gateway: string | undefined,
  discovery: DiscoveryService,
  reflector: Reflector,
  modules: ModuleRef,
): Plugin<NestHost>[] {
  const found = discovery.getProviders().flatMap((wrapper): Found[] => {
    const type = wrapper.metatype as Type | null;
    if (typeof type !== 'function') return [];
    const mark = reflector.get<HookMark | undefined>(HOOK_MARK, type);
    if (mark === undefined || (mark.gateway !== undefined && mark.gateway !== gateway)) return [];
    const isStatic = wrapper.isDependencyTreeStatic();
    if (!isStatic && !SEES_REQUESTS.includes(mark.kind)) throw new ConfigError([scopedProblem(type, mark)]);
    return [{ mark, type, isStatic, instance: () => wrapper.instance as object }];
  });
  return found.map((hook) => ({ name: hook.type.name, ...pluginOf(hook, modules) }));
}

function pluginOf(hook: Found, modules: ModuleRef): Omit<Plugin<NestHost>, 'name'> {
  switch (hook.mark.kind) {
    case 'authenticator': {
      const authenticate: Authenticate<NestHost> = (call) =>
        withInstance<LlmAuthenticating, ReturnType<LlmAuthenticating['authenticate']>>(hook, modules, call, (own) =>
          own.authenticate(call),
        );
      return { policies: { authenticate } };
    }
    case 'authorizer': {
      const authorize: Authorize<NestHost> = (call) =>
        withInstance<LlmAuthorizing, ReturnType<LlmAuthorizing['authorize']>>(hook, modules, call, (own) =>
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
            let own: ReturnType<LlmIntercepting['intercept']> | undefined;
            return (request) => {
              own ??= single<LlmIntercepting>(hook).intercept(next);
              return own(request);
            };
          },
        ],
      };
  }
}

/** Runs a policy on the one instance there is, or on the one that belongs to this request. */
function withInstance<T, R>(
  hook: Found,
  modules: ModuleRef,
  call: NestHost,
  run: (own: T) => R | Promise<R>,
): R | Promise<Awaited<R>> {
  if (hook.isStatic) return run(hook.instance() as T) as R;
  const id = contextIdOf(call.req, modules);
  return modules.resolve<T>(hook.type as Type<T>, id, { strict: false }).then((own) => run(own)) as Promise<Awaited<R>>;
}

/** One for all hooks of a request; Nest itself has given it one only where a guard or interceptor is request-scoped too. */
function contextIdOf(request: NestRequest, modules: ModuleRef): ContextId {
  const known = CONTEXT_IDS.get(request);
  if (known !== undefined) return known;
  const id = ContextIdFactory.getByRequest(request);
  CONTEXT_IDS.set(request, id);
  // What `@Inject(REQUEST)` is given.
  modules.registerRequestByContextId(request, id);
  return id;
}

const CONTEXT_IDS = new WeakMap<NestRequest, ContextId>();

function lateObserver(hook: Found): Observer {
  const own = () => single<Observer>(hook);
  return {
    name: hook.type.name,
    callStarted: (call) => own().callStarted?.(call),
    attemptEnded: (call, attempt) => own().attemptEnded?.(call, attempt),
    callEnded: (record) => own().callEnded?.(record),
  };
}

function lateSink(hook: Found): Sink {
  const spills = typeof (hook.type.prototype as Partial<Sink>).spill === 'function';
  return {
    name: hook.type.name,
    record: (batch) => single<Sink>(hook).record(batch),
    ...(spills && { spill: (batch) => single<Sink>(hook).spill?.(batch) }),
  };
}

/** A hook that sees no request cannot be made for each of them. */
function single<T>(hook: Found): T {
  return hook.instance() as T;
}

/** Kinds of hooks that are called for one request; the others also see what belongs to none. */
const SEES_REQUESTS: readonly HookKind[] = ['authenticator', 'authorizer'];

function scopedProblem({ name }: Type, { kind }: HookMark) {
  const message = `${name} is request-scoped, but an ${kind} also sees what belongs to no request: give it the default scope.`;
  return { path: kind, message };
}
