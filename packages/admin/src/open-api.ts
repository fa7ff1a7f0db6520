import type { JsonObject } from '@portico/core';
import { z } from 'zod';
import type { AdminOperation } from './admin-operation.js';

/** The OpenAPI 3.1 document of operations, made of their schemas. https://spec.openapis.org/oas/v3.1.0 */
export function openApiDocument(operations: readonly AdminOperation[], path: string): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const operation of operations) {
    const at = `${path}${operation.path}`;
    paths[at] = { ...paths[at], [operation.method.toLowerCase()]: described(operation) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Admin API', version: '1', description: 'Keys, accounts, usage and the state of a gateway.' },
    paths,
    components: {
      responses: {
        Failure: {
          description: 'It was refused, or failed.',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['error'],
                properties: {
                  error: {
                    type: 'object',
                    required: ['message', 'type'],
                    properties: {
                      message: { type: 'string' },
                      type: { type: 'string' },
                      code: { type: ['string', 'null'] },
                      param: { type: ['string', 'null'] },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  };
}

function described({ name, path, summary, query, body }: AdminOperation): JsonObject {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([parameter, schema]) => ({
    name: parameter,
    in: 'query',
    required: false,
    schema: schemaOf(schema as z.ZodType),
  }));
  return {
    operationId: name,
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body !== undefined && {
      requestBody: { content: { 'application/json': { schema: schemaOf(body) } } },
    }),
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema: { type: 'object' } } } },
      default: { $ref: '#/components/responses/Failure' },
    },
  };
}

function schemaOf(schema: z.ZodType): object {
  const { $schema: _draft, ...described } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return described;
}
