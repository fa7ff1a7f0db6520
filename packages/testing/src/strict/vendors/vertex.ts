import { noField, noValue, rule } from '../checks/fields.js';
import { anthropicError, byWire, googleError } from '../error-bodies.js';
import { both, sentWith, withTop } from '../examples.js';
import { plainGenerate, plainMessages } from '../plain-requests.js';
import type { StrictRule, StrictVendorDefinition } from '../strict-rule.js';
import { GOOGLE_SIGNATURE, generateRules } from './gemini.js';
import {
  CLAUDE_SIGNATURE,
  extraInputs,
  headerBetas,
  hostedClaudeRules,
  marksOf,
  messageFields,
  needsBeta,
} from './messages-rules.js';

const PAGE = 'platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai';
const CLAUDE = 'claude-sonnet-4-5@20250929';

/** Betas that Vertex AI knows. Others are refused by name. */
const BETAS =
  /^(interleaved-thinking|context-1m|context-management|computer-use|web-search|tool-search-tool|compact|fine-grained-tool-streaming|token-efficient-tools|effort|claude-code|extended-cache-ttl|output-128k|prompt-caching|token-counting|task-budgets|tool-examples)-/;

/** What Vertex AI asks of Claude beside what Claude does. */
const claudeOnVertex: readonly StrictRule[] = [
  rule(
    'anthropic_version',
    'another `anthropic_version` than Vertex AI’s in the body',
    { source: 'github.com/clawvisor/clawvisor/pull/156' },
    {
      refused: withTop({ anthropic_version: '2023-06-01' }),
      check: ({ body }) =>
        body.anthropic_version === 'vertex-2023-10-16' ? undefined : { message: 'anthropic_version: Field required' },
    },
  ),
  noField('model', 'claude', extraInputs, { source: `${PAGE}: model is not passed in the body` }),
  rule(
    'betas',
    'betas that Vertex AI does not know',
    { source: 'github.com/vercel/ai/issues/10981' },
    {
      refused: sentWith({ headers: { 'anthropic-beta': 'structured-outputs-2025-11-13' } }),
      accepted: sentWith({ headers: { 'anthropic-beta': 'interleaved-thinking-2025-05-14' } }),
      check: ({ headers }) => {
        const stray = (headers['anthropic-beta'] ?? '')
          .split(',')
          .map((one) => one.trim())
          .find((one) => one !== '' && !BETAS.test(one));
        return stray === undefined
          ? undefined
          : {
              message: `Unexpected value(s) \`${stray}\` for the \`anthropic-beta\` header. Please consult our documentation at docs.anthropic.com or try again without the header.`,
            };
      },
    },
  ),
  needsBeta(
    'context_management',
    { edits: [] },
    'context-management-2025-06-27',
    { source: 'github.com/anthropics/claude-code/issues/14135' },
    headerBetas,
  ),
  noField('output_config.effort', 'low', () => ({ message: 'output_config: Extra inputs are not permitted' }), {
    source: 'github.com/BerriAI/litellm/issues/18241; github.com/anthropics/claude-code/issues/37746',
    tag: 'before 4.6',
    when: ({ model, headers }) => /4-5/.test(model) && !/effort-/.test(headers['anthropic-beta'] ?? ''),
    refused: withTop({ output_config: { effort: 'low' } }, { model: 'claude-opus-4-5@20251101' }),
    accepted: withTop({ output_config: { effort: 'low' } }, { model: 'claude-opus-4-6' }),
  }),
  noField('mcp_servers', [], extraInputs, { source: `${PAGE}: the MCP connector is not supported` }),
  noField('container', 'c', extraInputs, { source: `${PAGE}: code execution and skills are not supported` }),
  noField('inference_geo', 'us', extraInputs, { source: `${PAGE}: regions are chosen by the endpoint` }),
  noValue(
    'tools[].type',
    (type) => /^(code_execution|web_fetch|memory)_/.test(String(type)),
    'tools that Vertex AI does not run',
    ({ path, value }) => ({
      message: `tools.${path[1]}: Input tag '${String(value)}' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250124', 'text_editor_20250429', 'text_editor_20250728', 'web_search_20250305'`,
    }),
    {
      source: 'github.com/BerriAI/litellm/issues/15299',
      refused: withTop({
        tools: [{ type: 'code_execution_20250825', name: 'code_execution' }],
        messages: [{ role: 'user', content: 'x' }],
      }),
    },
  ),
  noValue(
    'messages[].content[type=image].source.type',
    (type) => type === 'file',
    'files of Anthropic',
    () => ({
      message:
        "messages.0.content.0.image.source: Input tag 'file' found using 'type' does not match any of the expected tags: 'base64', 'url'",
    }),
    {
      source: `${PAGE}: the Files API is not supported`,
      refused: withTop({
        messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }] }],
      }),
    },
  ),
  rule(
    'scope of a mark',
    '`scope` in a mark for the cache',
    { source: 'github.com/zhukunpenglinyutong/jetbrains-cc-gui/issues/844, whose request id is Vertex AI’s' },
    {
      refused: withTop({
        system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', scope: 'global' } }],
      }),
      accepted: withTop({ system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }] }),
      check: ({ body }) =>
        marksOf(body).some(({ scope }) => scope !== undefined)
          ? { message: 'system.2.cache_control.ephemeral.scope: Extra inputs are not permitted' }
          : undefined,
    },
  ),
];

const { model: _model, ...claudeBody } = plainMessages(CLAUDE);

/** Fields of the body: Anthropic's without the model, with the version. */
const claudeFields = messageFields.filter(({ id }) => id !== 'fields of the body' && id !== 'missing max_tokens');

/** Vertex AI. */
export const vertex: StrictVendorDefinition = {
  name: 'vertex_ai',
  title: 'Vertex AI',
  model: 'gemini-2.5-flash',
  errorBody: byWire(googleError, anthropicError),
  ownIds: new RegExp(`${CLAUDE_SIGNATURE.source}|${GOOGLE_SIGNATURE.source}`),
  wires: {
    generate: {
      path: '/v1/projects/p/locations/global/publishers/google/models/{model}:generateContent',
      plain: plainGenerate(),
      rules: [
        noValue(
          'contents[]',
          (content) => typeof content === 'object' && content !== null && !('role' in content),
          'contents without a role',
          () => ({ message: 'Please use a valid role: user, model.' }),
          {
            tag: 'role',
            source: 'cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference, role',
            refused: withTop({ contents: [{ parts: [{ text: 'x' }] }] }),
          },
        ),
        noValue(
          'labels',
          (labels) =>
            Object.entries(labels as Record<string, unknown>).some(
              ([key, value]) => !/^[a-z][a-z0-9_-]{0,62}$/.test(key) || !/^[a-z0-9_-]{0,63}$/.test(String(value)),
            ),
          'labels that are not of small letters, digits, dashes and underscores',
          () => ({ message: 'Invalid label key or value' }),
          {
            source: 'cloud.google.com/vertex-ai/generative-ai/docs/multimodal/add-labels-to-api-calls',
            refused: withTop({ labels: { Team: 'A' } }),
            accepted: withTop({ labels: { team: 'a' } }),
          },
        ),
        ...generateRules,
      ],
    },
    messages: {
      path: '/v1/projects/p/locations/global/publishers/anthropic/models/{model}:rawPredict',
      plain: { ...claudeBody, anthropic_version: 'vertex-2023-10-16' },
      rules: [...claudeOnVertex, ...claudeFields, ...hostedClaudeRules].map((one) => asked(one)),
    },
  },
};

/** Examples of Claude's rules ask Claude, though the vendor's own model is Gemini. */
function asked(one: StrictRule): StrictRule {
  const model = both(
    (body) => ({ body, model: CLAUDE }),
    (body) => ({ body }),
  );
  return { ...one, refused: both(model, one.refused), accepted: both(model, one.accepted) };
}
