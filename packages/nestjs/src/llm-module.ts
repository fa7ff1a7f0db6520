import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type InjectionToken,
  Module,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import type { Authenticate, GatewayConfig, Plugin } from '@portico/core';
import { createGateway } from '@portico/node';
import { allowMultipart } from './allow-multipart.js';
import { discoverHooks } from './discover-hooks.js';
import { LLM_CONFIG_OVERRIDE, type LlmConfigOverride } from './llm-config-override.js';
import { llmController, refuseSharedPaths } from './llm-controller.js';
import { LlmHealthIndicator } from './llm-health-indicator.js';
import type { LlmAsyncOptions, LlmModuleExtras, LlmOptions, LlmOptionsFactory } from './llm-options.js';
import { LlmService } from './llm-service.js';
import type { NestHost } from './nest-host.js';
import { getLlmToken } from './tokens.js';

/**
 * A gateway as a module of the application. Its routes are a controller like the host's own; its hooks may be
 * providers of the host's container. An invalid configuration stops the start with all its errors.
 */
export class LlmModule {
  static forRoot<Name extends string>(options: LlmOptions<Name> & LlmModuleExtras): DynamicModule {
    const { path, name, isGlobal, guards, hooks, decorate, routes, ...own } = options;
    const extras = { path, name, isGlobal, guards, hooks, decorate, routes } as LlmModuleExtras;
    return moduleOf(extras, [], [{ provide: optionsToken(name), useValue: own }]);
  }

  static forRootAsync<Name extends string>(options: LlmAsyncOptions<Name>): DynamicModule {
    const { imports = [], providers = [] } = options;
    return moduleOf(options, imports, [...providers, ...asyncOptions(options)]);
  }
}
Module({})(LlmModule);

function moduleOf(
  extras: LlmModuleExtras,
  imports: NonNullable<DynamicModule['imports']>,
  providers: readonly Provider[],
): DynamicModule {
  const { name } = extras;
  const service = getLlmToken(name);
  const isDefault = name === undefined;
  return {
    module: LlmModule,
    global: extras.isGlobal ?? isDefault,
    imports: [DiscoveryModule, ...imports],
    providers: [
      ...providers,
      {
        provide: service,
        inject: [
          optionsToken(name),
          DiscoveryService,
          Reflector,
          ModuleRef,
          { token: LLM_CONFIG_OVERRIDE, optional: true },
        ],
        useFactory: (
          options: LlmOptions,
          discovery: DiscoveryService,
          reflector: Reflector,
          modules: ModuleRef,
          diversion?: LlmConfigOverride,
        ) => {
          refuseSharedPaths(discovery, reflector);
          const found = discoverHooks(name, extras.hooks ?? {}, discovery, reflector, modules);
          return serviceOf(options, found, diversion);
        },
      },
      {
        provide: `portico:lifecycle:${name ?? ''}`,
        inject: [service, optionsToken(name), HttpAdapterHost],
        useFactory: (llm: LlmService, options: LlmOptions, host: HttpAdapterHost) => new Lifecycle(llm, options, host),
      },
      ...(isDefault ? [LlmHealthIndicator] : []),
    ],
    controllers: extras.routes === false ? [] : [llmController(extras, service)],
    exports: isDefault ? [service, LlmHealthIndicator] : [service],
  };
}

function optionsToken(name: string | undefined): string {
  return `portico:options:${name ?? ''}`;
}

function asyncOptions(options: LlmAsyncOptions): Provider[] {
  const provide = optionsToken(options.name);
  const { useFactory, inject = [], useClass, useExisting } = options;
  if (useFactory !== undefined) return [{ provide, inject, useFactory }];
  const made: InjectionToken | undefined = useExisting ?? useClass;
  if (made === undefined) {
    throw new TypeError('LlmModule.forRootAsync needs "useFactory", "useClass" or "useExisting" for its options.');
  }
  const read = { provide, inject: [made], useFactory: (factory: LlmOptionsFactory) => factory.createLlmOptions() };
  return useClass === undefined ? [read] : [useClass, read];
}

function serviceOf(
  options: LlmOptions,
  found: readonly Plugin<NestHost>[],
  diversion: LlmConfigOverride | undefined,
): LlmService {
  const { principalOf, principal = { id: 'app' }, closeGraceMs: _grace, ...config } = options;
  const plugins = [...(config.plugins ?? []), ...found];
  const others = plugins.flatMap(({ policies }) => policies?.authenticate ?? []);
  const ofUser: Authenticate<NestHost> | undefined =
    config.authenticate === undefined && others.length === 0 && principalOf !== undefined
      ? ({ req }) => (req.user ? principalOf(req.user) : undefined)
      : config.authenticate;
  const complete: GatewayConfig<NestHost> = { ...config, plugins, ...(ofUser && { authenticate: ofUser }) };
  return new LlmService(
    createGateway(diversion?.apply(complete) ?? complete),
    principal,
    ofUser === undefined ? others : [ofUser, ...others],
  );
}

class Lifecycle implements OnModuleInit, BeforeApplicationShutdown {
  readonly #llm: LlmService;
  readonly #graceMs: number;
  readonly #host: HttpAdapterHost;

  constructor(llm: LlmService, { closeGraceMs = 10_000 }: LlmOptions, host: HttpAdapterHost) {
    this.#llm = llm;
    this.#graceMs = closeGraceMs;
    this.#host = host;
  }

  onModuleInit(): void {
    allowMultipart(this.#host.httpAdapter);
  }

  /** Before the server waits for its connections: streams would keep it open. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#llm.gateway.close({ graceMs: this.#graceMs });
  }
}
