import { noField, rule } from '../checks/fields.js';
import { openAiError } from '../error-bodies.js';
import { both, sentWith, withTop } from '../examples.js';
import type { ReadRequest, StrictRule, StrictVendorDefinition } from '../strict-rule.js';
import { OPENAI_IDS, openAiWires } from './openai.js';
import { unknownParameter } from './openai-chat.js';

const PAGE = 'learn.microsoft.com/azure/ai-foundry/openai/reference';
const CLASSIC = '/openai/deployments/gpt-4o-mini';

/** Whether a request goes to a version of the API before this one. */
const before = (version: string) => (request: ReadRequest) => {
  const asked = request.query.get('api-version') ?? '';
  // Models of others on the same resource are asked at another path, with versions of their own.
  return request.path.includes('/deployments/') && /^\d{4}-/.test(asked) && asked < version;
};

/** What older versions of the API do not know. */
const SINCE: readonly (readonly [field: string, sample: unknown, version: string, source: string])[] = [
  [
    'stream_options',
    { include_usage: true },
    '2024-09-01',
    'github.com/langgenius/dify/issues/9591; github.com/openai/openai-python/issues/1469',
  ],
  ['max_completion_tokens', 100, '2024-09-01', `${PAGE}, 2024-09-01-preview`],
  ['parallel_tool_calls', true, '2024-08-01', `${PAGE}, 2024-08-01-preview`],
  ['reasoning_effort', 'low', '2024-12-01', `${PAGE}, 2024-12-01-preview`],
  ['store', true, '2024-10-01', `${PAGE}, 2024-10-01-preview`],
  ['metadata', { a: 'b' }, '2024-10-01', `${PAGE}, 2024-10-01-preview`],
];

const at = (fields: Readonly<Record<string, unknown>>, version: string) =>
  both(withTop(fields), sentWithVersion(version));

function sentWithVersion(version: string) {
  return (body: Readonly<Record<string, unknown>>) => ({ body, query: `api-version=${version}` });
}

const azureRules: readonly StrictRule[] = [
  rule(
    'api-version',
    'a request to a deployment without `api-version`',
    { source: `${PAGE}, api-version is required` },
    {
      refused: sentWith({ query: 'x=1' }),
      check: ({ path, query }) =>
        path.includes('/deployments/') && !query.has('api-version')
          ? { message: 'Resource not found', code: '404', status: 404 }
          : undefined,
    },
  ),
  rule(
    'two credentials',
    '`api-key` beside `Authorization`',
    { source: `${PAGE}, authentication: either of the two` },
    {
      refused: sentWith({ headers: { 'api-key': 'k', authorization: 'Bearer t' }, query: 'api-version=2024-10-21' }),
      check: ({ headers }) =>
        headers['api-key'] && headers.authorization
          ? {
              message: 'Access denied due to invalid subscription key or wrong API endpoint.',
              code: '401',
              status: 401,
            }
          : undefined,
    },
  ),
  ...SINCE.map(([field, sample, version, source]) =>
    noField(field, sample, unknownParameter, {
      source,
      tag: `before ${version}`,
      when: before(version),
      refused: at({ [field]: sample, ...(field === 'stream_options' ? { stream: true } : {}) }, '2024-02-01'),
      accepted: at(
        {
          [field]: sample,
          ...(field === 'stream_options' ? { stream: true } : {}),
          ...(field === 'reasoning_effort' ? { model: 'o3' } : {}),
        },
        '2025-03-01-preview',
      ),
    }),
  ),
  rule(
    'json_schema',
    'an answer by JSON schema, before 2024-08-01',
    { source: `${PAGE}, 2024-08-01-preview`, when: before('2024-08-01') },
    {
      refused: at(
        {
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'a', schema: { type: 'object', properties: {} } },
          },
        },
        '2024-02-01',
      ),
      accepted: at(
        {
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'a', schema: { type: 'object', properties: {} } },
          },
        },
        '2024-10-21',
      ),
      check: ({ body }) =>
        typeof body.response_format === 'object' && JSON.stringify(body.response_format).includes('json_schema')
          ? {
              message:
                'response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later',
              param: 'response_format',
            }
          : undefined,
    },
  ),
];

const wires = openAiWires(CLASSIC);

/** Azure OpenAI. */
export const azure: StrictVendorDefinition = {
  name: 'azure',
  title: 'Azure OpenAI',
  model: 'gpt-4o-mini',
  errorBody: openAiError,
  ownIds: OPENAI_IDS,
  wires: {
    ...wires,
    ...(wires.responses && { responses: { ...wires.responses, path: '/openai/v1/responses' } }),
    ...(wires.chat && {
      chat: {
        ...wires.chat,
        path: `${CLASSIC}/chat/completions?api-version=2025-03-01-preview`,
        rules: [...azureRules, ...wires.chat.rules],
      },
    }),
  },
};
