import { z } from 'zod';
import { CODE } from '../../packages/config/dist/native/read-native.js';
import {
  configSchema,
  deploymentSchema,
  groupSchema,
  routeSchemas,
} from '../../packages/core/dist/config/config-schema.js';

/** The JSON Schema of configuration files: core's own, less what only code can give. */
export function jsonSchemaOfCore(): object {
  const deployment = z.union([z.string(), deploymentSchema]);
  const deployments = z.array(deployment).min(1);
  const group = groupSchema.extend({ deployments: deployments.optional(), route: routeOf(deployments).optional() });
  const models = z.record(z.string(), z.union([z.string(), z.array(deployment).min(1), group]));
  const inFiles = Object.entries(configSchema.shape).filter(([key]) => !CODE.includes(key));
  const file = z.strictObject({
    $schema: z.string().optional(),
    compat: z.literal('litellm').optional(),
    redis: z
      .union([
        z.string(),
        z.strictObject({
          url: z.string(),
          prefix: z.string().optional(),
          whenCountersFail: z.enum(['closed', 'open']).optional(),
        }),
      ])
      .optional(),
    ...Object.fromEntries(inFiles),
    models,
  });
  const schema = z.toJSONSchema(file, { unrepresentable: 'any', io: 'input', reused: 'ref' });
  return { ...(withoutCode(schema) as object), title: "Portico's configuration" };
}

/** Nodes within nodes: core looks into each by itself, an editor wants to know them all at once. */
function routeOf(deployments: z.ZodType): z.ZodType {
  const node: z.ZodType = z.lazy(() => choice);
  const nodes = z.array(node).min(1);
  const branch = z.strictObject({ ...routeSchemas.when.shape.when.element.shape, to: node });
  const share = z.strictObject({ weight: z.number().positive(), to: node });
  const choice = z.union([
    z.string(),
    nodes,
    routeSchemas.single,
    routeSchemas.deployments.extend({ deployments }),
    routeSchemas.split.extend({ split: z.array(z.union([node, share])).min(1) }),
    routeSchemas.fallback.extend({ fallback: nodes }),
    routeSchemas.when.extend({ when: z.array(branch).min(1), otherwise: node.optional() }),
    routeSchemas.race.extend({ race: nodes }),
    routeSchemas.cheapest.extend({ cheapest: nodes }),
    routeSchemas.fastest.extend({ fastest: nodes }),
  ]);
  return node;
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
