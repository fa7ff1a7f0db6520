import type { CanActivate, InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import type { GatewayConfig, Principal } from '@portico/core';
import type { LlmHookTokens } from './hooks.js';
import type { NestHost } from './nest-host.js';

/** A gateway's configuration, as in every host, and what only Nest has. */
export interface LlmOptions<Name extends string = string> extends GatewayConfig<NestHost, Name> {
  /** Makes a principal of `request.user`, where neither `authenticate` nor an authenticator of the container is there. */
  readonly principalOf?: (user: NonNullable<unknown>) => Principal | undefined;
  /** Whom in-process calls are made and charged as that name nobody. Default `{ id: 'app' }`. */
  readonly principal?: Principal;
  /** How long calls under way may go on when the application shuts down. Default 10,000 milliseconds. */
  readonly closeGraceMs?: number;
}

/** What must be known before the container is built, since Nest makes routes before it runs factories. */
export interface LlmModuleExtras {
  /** Where the gateway begins, below the application's global prefix. Default `llm`; at the root, `''`, only what is below `v1` is the gateway's. */
  readonly path?: string;
  /** Tells several gateways of one application apart: `@InjectLlm('name')`. */
  readonly name?: string;
  /** Whether `LlmService` can be injected everywhere without an import. Default true for the gateway without a name. */
  readonly isGlobal?: boolean;
  /** Guards of the gateway's routes, after those of the application. */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[];
  /** Hooks among the application's providers, by their tokens. Those that carry a decorator are found without. */
  readonly hooks?: LlmHookTokens;
  /** Class decorators for the gateway's controller: `[SkipThrottle(), ApiExcludeController()]`. */
  readonly decorate?: readonly ClassDecorator[];
  /** False for a gateway that has no routes: in-process calls alone. Default true. */
  readonly routes?: boolean;
}

export interface LlmOptionsFactory<Name extends string = string> {
  createLlmOptions(): LlmOptions<Name> | Promise<LlmOptions<Name>>;
}

export interface LlmAsyncOptions<Name extends string = string>
  extends LlmModuleExtras,
    Pick<ModuleMetadata, 'imports' | 'providers'> {
  // Nest types what it injects no better.
  // biome-ignore lint/suspicious/noExplicitAny: the factory says what it takes, `inject` what it is given.
  readonly useFactory?: (...injected: any[]) => LlmOptions<Name> | Promise<LlmOptions<Name>>;
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  readonly useClass?: Type<LlmOptionsFactory<Name>>;
  readonly useExisting?: InjectionToken<LlmOptionsFactory<Name>>;
}
