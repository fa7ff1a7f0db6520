import type { CanActivate, InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import type { GatewayConfig, Principal } from '@portico/core';
import type { LlmHookTokens } from './hooks.js';
import type { NestHost } from './nest-host.js';

/** A gateway's configuration, as in every host, and the options for Nest. */
export interface LlmOptions<Name extends string = string> extends GatewayConfig<NestHost, Name> {
  /**
   * Creates a principal from `request.user`, if there is neither `authenticate` nor an authenticator in the
   * container.
   */
  readonly principalOf?: (user: NonNullable<unknown>) => Principal | undefined;
  /** Principal for in-process calls that do not pass `as`. Default `{ id: 'app' }`. */
  readonly principal?: Principal;
  /** How long running calls may continue when the application shuts down. Default 10,000 milliseconds. */
  readonly closeGraceMs?: number;
}

/** What must be known before the container is built, because Nest creates routes before it runs factories. */
export interface LlmModuleExtras {
  /**
   * The path of the gateway, below the application's global prefix. Default `llm`; at the root, `''`, only paths
   * below `v1` are the gateway's.
   */
  readonly path?: string;
  /** The name of the gateway, if an application has several: `@InjectLlm('name')`. */
  readonly name?: string;
  /** Whether `LlmService` can be injected everywhere without an import. Default true for the gateway without a name. */
  readonly isGlobal?: boolean;
  /** Guards of the gateway's routes, after those of the application. */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[];
  /** Hooks among the application's providers, by token. Those with a decorator are found without it. */
  readonly hooks?: LlmHookTokens;
  /** Class decorators for the gateway's controller: `[SkipThrottle(), ApiExcludeController()]`. */
  readonly decorate?: readonly ClassDecorator[];
  /** False for a gateway without routes, for in-process calls only. Default true. */
  readonly routes?: boolean;
}

export interface LlmOptionsFactory<Name extends string = string> {
  createLlmOptions(): LlmOptions<Name> | Promise<LlmOptions<Name>>;
}

export interface LlmAsyncOptions<Name extends string = string>
  extends LlmModuleExtras,
    Pick<ModuleMetadata, 'imports' | 'providers'> {
  // Nest's types for injected values are no more precise.
  // biome-ignore lint/suspicious/noExplicitAny: the factory says what it takes, `inject` what it is given.
  readonly useFactory?: (...injected: any[]) => LlmOptions<Name> | Promise<LlmOptions<Name>>;
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  readonly useClass?: Type<LlmOptionsFactory<Name>>;
  readonly useExisting?: InjectionToken<LlmOptionsFactory<Name>>;
}
