import { expect, it } from 'vitest';
import type { z } from 'zod';
import type { Secret } from '../secret.js';
import type { Condition } from '../settings/condition.js';
import type { DeploymentDetails, GatewayConfig, ModelGroupConfig } from '../settings/gateway-config.js';
import { configSchema, deploymentSchema, groupSchema, type routeSchemas } from './config-schema.js';

// What a host may write is said twice: by types with documentation, and by a schema that runs. They must say the same.

/** What only code can give: whoever implements it is checked by the type, and for a few methods at boot. */
type Code =
  | 'providers'
  | 'stores'
  | 'logger'
  | 'clock'
  | 'transport'
  | 'interceptors'
  | 'observers'
  | 'sinks'
  | 'endpoints'
  | 'requestTransforms'
  | 'answerMiddleware'
  | 'chunkTransforms'
  | 'plugins';

/** A type without what no value shows: readonly, `| undefined` of what may be left out, and what functions take. */
type Plain<T> = T extends (...given: never[]) => unknown
  ? 'function'
  : T extends string | number | boolean | Date | Secret | null | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? { -readonly [Key in keyof T]: Plain<Exclude<T[Key], undefined>> }
        : T;

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for types that are equal; for others its error shows the keys that differ. */
function same<A, B>(
  ..._: Equal<A, B> extends true
    ? []
    : [{ [Key in keyof A | keyof B]: Key extends keyof A & keyof B ? Equal<A[Key], B[Key]> : 'missing' }]
): void {}

type Of<Schema extends z.ZodType> = z.input<Schema>;

it('the schema and the types of a configuration say the same', () => {
  same<
    Plain<Omit<GatewayConfig<never>, Code | 'models' | 'passThrough'>>,
    Plain<Omit<Of<typeof configSchema>, Code | 'models' | 'passThrough'>>
  >();
  same<keyof GatewayConfig, keyof Of<typeof configSchema>>();
  same<keyof NonNullable<GatewayConfig['stores']>, keyof NonNullable<Of<typeof configSchema>['stores']>>();
  same<
    Plain<NonNullable<GatewayConfig['passThrough']>[`/${string}`]>,
    Plain<NonNullable<Of<typeof configSchema>['passThrough']>[string]>
  >();
  expect(Object.keys(configSchema.shape).length).toBeGreaterThan(30);
});

it('so do those of a deployment, of a group and of the conditions of a route', () => {
  same<Plain<DeploymentDetails>, Plain<Of<typeof deploymentSchema>>>();
  same<
    Plain<Omit<ModelGroupConfig, 'deployments' | 'route'>>,
    Plain<Omit<Of<typeof groupSchema>, 'deployments' | 'route'>>
  >();
  same<keyof ModelGroupConfig, keyof Of<typeof groupSchema>>();
  same<Plain<Condition>, Plain<Of<typeof routeSchemas.when>['when'][number]['if']>>();
  expect(Object.keys({ ...deploymentSchema.shape, ...groupSchema.shape }).length).toBeGreaterThan(20);
});
