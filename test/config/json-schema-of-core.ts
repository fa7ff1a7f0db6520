import { z } from 'zod';
import { CODE } from '../../packages/config/dist/native/read-native.js';
import { configSchema, deploymentSchema, groupSchema } from '../../packages/core/dist/config/config-schema.js';

/** The JSON Schema of configuration files: core's own, less what only code can give. */
export function jsonSchemaOfCore(): object {
  const deployment = z.union([z.string(), deploymentSchema]);
  const group = groupSchema.extend({ deployments: z.array(deployment).min(1) });
  const models = z.record(z.string(), z.union([z.string(), z.array(deployment).min(1), group]));
  const inFiles = Object.entries(configSchema.shape).filter(([key]) => !CODE.includes(key));
  const file = z.strictObject({ $schema: z.string().optional(), ...Object.fromEntries(inFiles), models });
  const schema = z.toJSONSchema(file, { unrepresentable: 'any', io: 'input', reused: 'ref' });
  return { ...(withoutCode(schema) as object), title: "Portico's configuration" };
}

/** A choice between a text and an object of ours is, in a file, a text. */
function withoutCode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCode);
  if (typeof value !== 'object' || value === null) return value;
  const { anyOf, ...rest } = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutCode(inner)]));
  if (!Array.isArray(anyOf)) return rest;
  const choices = anyOf.filter((choice) => Object.keys(choice).length > 0);
  return choices.length === 1 ? { ...rest, ...choices[0] } : { ...rest, anyOf: choices };
}
