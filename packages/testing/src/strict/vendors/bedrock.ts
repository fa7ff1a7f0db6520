import { isObject } from '../../answers/json-object.js';
import { uniqueNames } from '../checks/chat-tools.js';
import {
  inRange,
  mustMatch,
  needsField,
  noField,
  notEmpty,
  noValue,
  onlyFields,
  onlyValues,
  type RuleOptions,
  rule,
} from '../checks/fields.js';
import { messageOnly } from '../error-bodies.js';
import { both, withField, withTop } from '../examples.js';
import { dotted, type JsonObject, objectsIn, objectsOf, placesOf, words } from '../json-places.js';
import { plainConverse, plainMessages } from '../plain-requests.js';
import type { Complaint, ExampleOf, ReadRequest, StrictRule, StrictVendorDefinition } from '../strict-rule.js';
import { takesEffort, takesNoSampling, takesOneOfSampling } from './claude-models.js';
import { CLAUDE_SIGNATURE, extraInputs, hostedClaudeRules, messageFields, needsBeta } from './messages-rules.js';

const MODEL_SPEC = 'aws/api-models-aws bedrock-runtime-2023-09-30.json';
const SDK = 'aws/aws-sdk-js-v3, client-bedrock-runtime models';
const PROFILES = 'pydantic/pydantic-ai, profiles of Bedrock’s models, measured against the API';
const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = { model: 'amazon.nova-pro-v1:0' };
const LLAMA = { model: 'meta.llama3-3-70b-instruct-v1:0' };

const bad = (message: string): Complaint => ({ message });
const say = (message: string) => () => bad(message);

/** The plain request with other messages. */
function turns(...list: readonly JsonObject[]): ExampleOf {
  return withTop({ messages: list });
}

const ASK = { role: 'user', content: [{ text: 'Hello' }] };
const SAID = { role: 'assistant', content: [{ text: 'Hello to you' }] };
const USE = { toolUse: { toolUseId: 'a1B2c3D4e', name: 'weather', input: {} } };
const RESULT = { toolResult: { toolUseId: 'a1B2c3D4e', content: [{ text: 'Rain' }] } };
const PAPER = { document: { format: 'pdf', name: 'Paper', source: { bytes: 'JVBERi0=' } } };

const unknownMember: Parameters<typeof onlyFields>[2] = ({ path }) =>
  bad(
    `Malformed input request: #/${path.slice(0, -1).join('/')}: extraneous key [${String(path.at(-1))}] is not permitted, please reformat your input and try again.`,
  );
const invalidMember =
  (constraint: string): Parameters<typeof mustMatch>[3] =>
  ({ path, value }) =>
    bad(
      `1 validation error detected: Value '${String(value)}' at '${dotted(path)}' failed to satisfy constraint: ${constraint}`,
    );

const is =
  (family: RegExp) =>
  ({ model }: ReadRequest) =>
    family.test(model);

const members: readonly StrictRule[] = [
  onlyFields(
    '',
    words(
      'modelId messages system inferenceConfig toolConfig guardrailConfig additionalModelRequestFields promptVariables additionalModelResponseFieldPaths requestMetadata performanceConfig serviceTier outputConfig',
    ),
    unknownMember,
    { source: `${MODEL_SPEC}, ConverseRequest; ${SDK}` },
  ),
  onlyFields('messages[]', ['role', 'content'], unknownMember, { source: `${MODEL_SPEC}, Message` }),
  onlyFields(
    'messages[].content[]',
    words(
      'text image document video audio toolUse toolResult guardContent cachePoint reasoningContent citationsContent searchResult',
    ),
    unknownMember,
    { source: `${SDK}, ContentBlock` },
  ),
  onlyFields('messages[].content[].toolUse', words('toolUseId name input type'), unknownMember, {
    source: `${SDK}, ToolUseBlock`,
  }),
  onlyFields('messages[].content[].toolResult', words('toolUseId content status type'), unknownMember, {
    source: `${SDK}, ToolResultBlock`,
  }),
  onlyFields(
    'messages[].content[].toolResult.content[]',
    words('json text image document video searchResult'),
    unknownMember,
    { source: `${MODEL_SPEC}, ToolResultContentBlock` },
  ),
  onlyFields('inferenceConfig', words('maxTokens temperature topP stopSequences'), unknownMember, {
    source: `${MODEL_SPEC}, InferenceConfiguration`,
  }),
  onlyFields('toolConfig', ['tools', 'toolChoice'], unknownMember, { source: `${MODEL_SPEC}, ToolConfiguration` }),
  onlyFields('toolConfig.tools[].toolSpec', words('name description inputSchema strict'), unknownMember, {
    source: `${SDK}, ToolSpecification`,
  }),
  onlyFields('system[]', words('text guardContent cachePoint'), unknownMember, {
    source: `${SDK}, SystemContentBlock`,
  }),
  mustMatch(
    'messages[].content[].toolUse.toolUseId',
    /^[a-zA-Z0-9_-]{1,64}$/,
    'call:1',
    invalidMember('Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+'),
    { source: `${MODEL_SPEC}, ToolUseId` },
  ),
  mustMatch(
    'messages[].content[].toolUse.name',
    /^[a-zA-Z0-9_-]{1,64}$/,
    'a.b',
    invalidMember('Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+'),
    { source: `${MODEL_SPEC}, ToolName` },
  ),
  mustMatch(
    'toolConfig.tools[].toolSpec.name',
    /^[a-zA-Z0-9_-]{1,64}$/,
    'x'.repeat(65),
    invalidMember('Member must have length less than or equal to 64'),
    { source: `${MODEL_SPEC}, ToolName` },
  ),
  noValue(
    'toolConfig.tools[].toolSpec.description',
    (text) => text === '',
    'an empty description',
    invalidMember('Member must have length greater than or equal to 1'),
    {
      source: `${MODEL_SPEC}, NonEmptyString; github.com/BerriAI/litellm/issues/24668`,
      refused: withField('toolConfig.tools[].toolSpec.description', ''),
    },
  ),
  noValue(
    'inferenceConfig.stopSequences[]',
    (text) => text === '',
    'empty stop sequences',
    invalidMember('Member must have length greater than or equal to 1'),
    {
      source: `${MODEL_SPEC}, NonEmptyStringList`,
      refused: withField('inferenceConfig.stopSequences', ['']),
      accepted: withField('inferenceConfig.stopSequences', ['x']),
    },
  ),
  inRange(
    'inferenceConfig.maxTokens',
    1,
    Number.POSITIVE_INFINITY,
    invalidMember('Member must have value greater than or equal to 1'),
    { source: `${MODEL_SPEC}, InferenceConfiguration` },
  ),
  inRange('inferenceConfig.temperature', 0, 1, invalidMember('Member must have value less than or equal to 1'), {
    source: `${MODEL_SPEC}, InferenceConfiguration: temperature is 0 to 1`,
  }),
  inRange('inferenceConfig.topP', 0, 1, invalidMember('Member must have value less than or equal to 1'), {
    source: `${MODEL_SPEC}, InferenceConfiguration: topP is 0 to 1`,
  }),
  onlyValues(
    'messages[].role',
    ['user', 'assistant'],
    invalidMember('Member must satisfy enum value set: [user, assistant]'),
    {
      source: `${MODEL_SPEC}, ConversationRole`,
      refused: turns(ASK, { role: 'system', content: [{ text: 'x' }] }),
      accepted: turns(ASK),
    },
  ),
  onlyValues(
    'messages[].content[].image.format',
    ['png', 'jpeg', 'gif', 'webp'],
    invalidMember('Member must satisfy enum value set: [gif, jpeg, png, webp]'),
    {
      source: `${MODEL_SPEC}, ImageFormat`,
      refused: turns({ role: 'user', content: [{ image: { format: 'jpg', source: { bytes: 'x' } } }] }),
      accepted: turns({ role: 'user', content: [{ image: { format: 'jpeg', source: { bytes: 'x' } } }] }),
    },
  ),
  onlyValues(
    'messages[].content[].document.format',
    words('pdf csv doc docx xls xlsx html txt md'),
    invalidMember('Member must satisfy enum value set: [csv, doc, docx, html, md, pdf, txt, xls, xlsx]'),
    {
      source: `${MODEL_SPEC}, DocumentFormat`,
      refused: turns({ role: 'user', content: [{ text: 'x' }, { document: { ...PAPER.document, format: 'json' } }] }),
      accepted: turns({ role: 'user', content: [{ text: 'x' }, PAPER] }),
    },
  ),
  noValue(
    'messages[].content[].image.source',
    (source) => isObject(source) && source.url !== undefined,
    'pictures by URL',
    unknownMember,
    {
      source: `${MODEL_SPEC}, ImageSource: bytes or s3Location`,
      refused: turns({
        role: 'user',
        content: [{ image: { format: 'png', source: { url: 'https://example.com/a.png' } } }],
      }),
      accepted: turns({ role: 'user', content: [{ image: { format: 'png', source: { bytes: 'x' } } }] }),
    },
  ),
  noValue(
    'messages[].content[].toolUse.input',
    (input) => !isObject(input),
    'input of a tool that is no object',
    ({ path }) =>
      bad(`The format of the value at ${dotted(path)} is invalid. Provide a json object for the field and try again.`),
    {
      source: 'API_runtime_ToolUseBlock, input is a document; the wording is not verified',
      refused: turns(
        ASK,
        { role: 'assistant', content: [{ toolUse: { ...USE.toolUse, input: '{}' } }] },
        { role: 'user', content: [RESULT] },
      ),
      accepted: turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
    },
  ),
];

const contents: readonly StrictRule[] = [
  noValue(
    'messages[].content[].text',
    (text) => typeof text === 'string' && text.trim() === '',
    'blank texts',
    ({ path }) =>
      bad(
        `The text field in the ContentBlock object at ${dotted(path.slice(0, -1))} is blank. Add text to the text field, and try again.`,
      ),
    {
      source: 'github.com/NousResearch/hermes-agent/issues/55092, measured there',
      refused: turns({ role: 'user', content: [{ text: ' ' }] }),
      accepted: turns(ASK),
    },
  ),
  noValue(
    'system[].text',
    (text) => typeof text === 'string' && text.trim() === '',
    'blank texts for the system',
    ({ path }) =>
      bad(
        `The text field in the SystemContentBlock object at ${dotted(path.slice(0, -1))} is blank. Add text to the text field, and try again.`,
      ),
    {
      source: `${MODEL_SPEC}, SystemContentBlock: NonEmptyString`,
      refused: withTop({ system: [{ text: '' }] }),
      accepted: withTop({ system: [{ text: 'x' }] }),
    },
  ),
  notEmpty(
    'messages[].content',
    [],
    ({ path }) =>
      bad(
        `The content field in the Message object at ${dotted(path.slice(0, -1))} is empty. Add a ContentBlock object to the content field and try again.`,
      ),
    {
      source: 'API_runtime_Message, content; the wording is not verified',
      refused: turns({ role: 'user', content: [] }),
      accepted: turns(ASK),
    },
  ),
  noValue(
    'messages[].content[].toolResult',
    (result) => isObject(result) && result.status === 'error' && objectsOf(result.content).length === 0,
    'failed results without content',
    ({ path }) => bad(`The content field at ${dotted(path)} cannot be empty when status value is error.`),
    {
      tag: 'error',
      source: 'github.com/aws-samples/sample-multi-agent-orchestration-chat-on-agentcore/issues/15',
      refused: turns(
        ASK,
        { role: 'assistant', content: [USE] },
        { role: 'user', content: [{ toolResult: { ...RESULT.toolResult, status: 'error', content: [] } }] },
      ),
      accepted: turns(
        ASK,
        { role: 'assistant', content: [USE] },
        { role: 'user', content: [{ toolResult: { ...RESULT.toolResult, status: 'error' } }] },
      ),
    },
  ),
  noValue(
    'messages[]',
    (message) =>
      isObject(message) &&
      objectsOf(message.content).some((block) => block.document !== undefined) &&
      !objectsOf(message.content).some((block) => typeof block.text === 'string'),
    'documents without a text in the same message',
    say('The content field must contain at least one text block when a document is provided'),
    {
      tag: 'document',
      source: 'docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html, document',
      refused: turns({ role: 'user', content: [PAPER] }),
      accepted: turns({ role: 'user', content: [{ text: 'x' }, PAPER] }),
    },
  ),
  mustMatch(
    'messages[].content[].document.name',
    /^[a-zA-Z0-9()[\]-]+(?: [a-zA-Z0-9()[\]-]+)*$/,
    'a.pdf',
    say(
      "The value at document.name is invalid. The file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.",
    ),
    {
      source: 'docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html, name',
      refused: turns({ role: 'user', content: [{ text: 'x' }, { document: { ...PAPER.document, name: 'a.pdf' } }] }),
      accepted: turns({ role: 'user', content: [{ text: 'x' }, PAPER] }),
    },
  ),
  uniqueNames(
    'messages[].content[].document.name',
    say('Duplicate document names are not allowed. Provide unique names for all documents in the request.'),
    {
      source: 'docs.aws.amazon.com/bedrock',
      refused: turns({ role: 'user', content: [{ text: 'x' }, PAPER, PAPER] }),
      accepted: turns({ role: 'user', content: [{ text: 'x' }, PAPER] }),
    },
  ),
  rule(
    'signatures of others',
    'thoughts that Anthropic did not sign, sent to Claude',
    {
      source: 'github.com/BerriAI/litellm/issues/38809; github.com/anthropics/claude-code/issues/10627',
      when: is(/anthropic/),
    },
    {
      refused: turns(
        ASK,
        { role: 'assistant', content: [{ reasoningContent: { reasoningText: { text: 'Hm' } } }, { text: 'x' }] },
        ASK,
      ),
      accepted: turns(
        ASK,
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm', signature: `E${'A'.repeat(60)}` } } },
            { text: 'x' },
          ],
        },
        ASK,
      ),
      check: (request) => {
        const stray = placesOf(request.body, 'messages[].content[].reasoningContent.reasoningText').find(
          ({ value }) => isObject(value) && !request.issued(String(value.signature)),
        );
        return (
          stray &&
          bad(
            `The model returned the following errors: ${dotted(stray.path.slice(0, 4))}: Invalid \`signature\` in \`thinking\` block`,
          )
        );
      },
    },
  ),
];

const order: readonly StrictRule[] = [
  rule(
    'first message',
    'a conversation that begins with the assistant',
    {
      source: 'github.com/strands-agents/harness-sdk/issues/2085',
      when: (request) => !is(/anthropic|qwen|zai/)(request),
    },
    {
      refused: both(turns(SAID, ASK), (body) => ({ body, ...NOVA })),
      accepted: both(turns(ASK, SAID, ASK), (body) => ({ body, ...NOVA })),
      check: ({ body }) =>
        objectsOf(body.messages)[0]?.role === 'assistant'
          ? bad(
              'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
            )
          : undefined,
    },
  ),
  rule(
    'toolConfig',
    'uses or results of tools without `toolConfig`',
    { source: 'github.com/langgenius/dify/issues/17545' },
    {
      refused: withTop({ toolConfig: undefined }),
      accepted: both(turns(ASK), withTop({ toolConfig: undefined })),
      check: ({ body }) =>
        body.toolConfig === undefined &&
        objectsIn(body.messages).some(
          ({ value }) => isObject(value) && (value.toolUse !== undefined || value.toolResult !== undefined),
        )
          ? bad('The toolConfig field must be defined when using toolUse and toolResult content blocks.')
          : undefined,
    },
  ),
  notEmpty('toolConfig.tools', [], invalidMember('Member must have length greater than or equal to 1'), {
    source: `${MODEL_SPEC}, Tools; github.com/evalstate/fast-agent/pull/668`,
  }),
  rule(
    'uses without results',
    'a use of a tool without its result in the next message',
    {
      source:
        'github.com/evalstate/fast-agent/pull/668; docs.aws.amazon.com/bedrock/latest/userguide/tool-use-inference-call.html',
    },
    {
      refused: turns(ASK, { role: 'assistant', content: [USE] }, ASK),
      accepted: turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
      check: ({ body }) => {
        const all = merged(body.messages);
        for (const [at, message] of all.entries()) {
          const answered = idsOf(all[at + 1], 'toolResult');
          const open = idsOf(message, 'toolUse').filter((id) => !answered.includes(id));
          if (open.length > 0)
            return bad(
              `Expected toolResult blocks at messages.${at + 1}.content for the following Ids: ${open.join(', ')}`,
            );
        }
        return undefined;
      },
    },
  ),
  rule(
    'results without uses',
    'a result of a tool whose use is not in the message before',
    { source: 'API_runtime_ToolResultBlock, toolUseId; the wording is not verified' },
    {
      refused: turns({ role: 'user', content: [RESULT] }),
      accepted: turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
      check: ({ body }) => {
        const all = merged(body.messages);
        const at = all.findIndex((message, index) =>
          idsOf(message, 'toolResult').some((id) => !idsOf(all[index - 1], 'toolUse').includes(id)),
        );
        return at === -1
          ? undefined
          : bad(
              `The number of toolResult blocks at messages.${at}.content exceeds the number of toolUse blocks of previous turn.`,
            );
      },
    },
  ),
  rule(
    'results alone',
    'other blocks beside results of tools, at Llama and Mistral',
    { source: PROFILES, when: is(/meta\.|mistral\./) },
    {
      refused: both(
        turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT, { text: 'x' }] }),
        (body) => ({ body, ...LLAMA }),
      ),
      accepted: both(
        turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
        (body) => ({ body, ...LLAMA }),
      ),
      check: ({ body }) =>
        merged(body.messages).some(
          (message) =>
            idsOf(message, 'toolResult').length > 0 &&
            objectsOf(message.content).some((block) => block.toolResult === undefined),
        )
          ? bad('Conversation blocks and tool result blocks cannot be provided in the same turn.')
          : undefined,
    },
  ),
];

const CLAUDE_EXTRAS = new Set(
  words('thinking reasoning_config output_config top_k anthropic_beta tool_choice tools betas context_management'),
);

/** Source: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html. */
const BEDROCK_BETAS =
  /^(computer-use|token-efficient-tools|interleaved-thinking|output-128k|dev-full-thinking|context-1m|context-management|effort|tool-search-tool|tool-examples|fine-grained-tool-streaming|claude-code|compact|structured-outputs|task-budgets)-/;

const families: readonly StrictRule[] = [
  noField(
    'toolConfig.toolChoice',
    { any: {} },
    say(
      "This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again.",
    ),
    {
      source: `github.com/aws-samples/bedrock-access-gateway/issues/92; ${PROFILES}`,
      when: is(/meta\.|mistral\.|qwen\./),
      tag: 'Llama, Mistral, Qwen',
      refused: withField('toolConfig.toolChoice', { any: {} }, LLAMA),
      accepted: withField('toolConfig.toolChoice', { any: {} }),
    },
  ),
  noValue(
    'additionalModelRequestFields',
    (fields) => isObject(fields) && Object.keys(fields).some((key) => !CLAUDE_EXTRAS.has(key)),
    'additional fields that Claude does not know',
    ({ value }) =>
      bad(
        `The model returned the following errors: ${Object.keys(value as object).find((key) => !CLAUDE_EXTRAS.has(key))}: Extra inputs are not permitted`,
      ),
    {
      source: 'github.com/BerriAI/litellm/issues/13609; github.com/BerriAI/litellm/issues/13825',
      tag: 'Claude',
      when: is(/anthropic/),
      refused: withTop({ additionalModelRequestFields: { reasoning: {} } }),
      accepted: withTop({ additionalModelRequestFields: { top_k: 5 } }),
    },
  ),
  noValue(
    'additionalModelRequestFields.anthropic_beta[]',
    (beta) => !BEDROCK_BETAS.test(String(beta)),
    'betas that Bedrock does not know',
    say('The model returned the following errors: invalid beta flag'),
    {
      source: 'github.com/anthropics/claude-code/issues/56595',
      refused: withTop({ additionalModelRequestFields: { anthropic_beta: ['extended-cache-ttl-2025-04-11'] } }),
      accepted: withTop({ additionalModelRequestFields: { anthropic_beta: ['interleaved-thinking-2025-05-14'] } }),
    },
  ),
  noValue(
    'messages[].content[].toolResult.status',
    () => true,
    '`status` of results, at Writer',
    say("This model doesn't support the toolResult.status field."),
    {
      source: PROFILES,
      when: is(/writer\./),
      refused: both(
        turns(
          ASK,
          { role: 'assistant', content: [USE] },
          { role: 'user', content: [{ toolResult: { ...RESULT.toolResult, status: 'success' } }] },
        ),
        (body) => ({ body, model: 'writer.palmyra-x5-v1:0' }),
      ),
      accepted: both(
        turns(ASK, { role: 'assistant', content: [USE] }, { role: 'user', content: [RESULT] }),
        (body) => ({ body, model: 'writer.palmyra-x5-v1:0' }),
      ),
    },
  ),
  noValue(
    'messages[].content[].cachePoint',
    () => true,
    'marks for the cache, at models without one',
    say(
      'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
    ),
    {
      source: `${PROFILES}`,
      when: (request) => !is(/anthropic|nova/)(request),
      refused: both(turns({ role: 'user', content: [{ text: 'x' }, { cachePoint: { type: 'default' } }] }), (body) => ({
        body,
        ...LLAMA,
      })),
      accepted: turns({ role: 'user', content: [{ text: 'x' }, { cachePoint: { type: 'default' } }] }),
    },
  ),
  rule(
    'sampling of newer models',
    '`temperature` or `topP` at Opus 4.7, everything of 5, and later',
    {
      source:
        'github.com/tinovyatkin/amazon-bedrock-copilot-chat/issues/546; github.com/aws-samples/bedrock-chat/pull/1102',
      when: ({ model }) => takesNoSampling(model),
    },
    {
      refused: withField('inferenceConfig.temperature', 0.5, { model: 'anthropic.claude-opus-4-7-v1' }),
      accepted: withField('inferenceConfig.temperature', 0.5),
      check: ({ body }) =>
        isObject(body.inferenceConfig) &&
        (body.inferenceConfig.temperature != null || body.inferenceConfig.topP != null)
          ? bad('The model returned the following errors: `temperature` is deprecated for this model.')
          : undefined,
    },
  ),
  rule(
    'both of sampling',
    '`temperature` beside `topP`, at Claude 4.1, 4.5 and later',
    { source: 'github.com/aws-samples/bedrock-chat/pull/979', when: ({ model }) => takesOneOfSampling(model) },
    {
      refused: withTop({ inferenceConfig: { temperature: 0.5, topP: 0.5 } }),
      accepted: withTop({ inferenceConfig: { temperature: 0.5 } }),
      check: ({ body }) =>
        isObject(body.inferenceConfig) && body.inferenceConfig.temperature != null && body.inferenceConfig.topP != null
          ? bad(
              'The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. Please use only one.',
            )
          : undefined,
    },
  ),
];

/** A field of Claude's that Bedrock takes with its beta in the body alone. */
function withBodyBeta(at: string, sample: unknown, beta: string, options: RuleOptions): StrictRule {
  return needsBeta(
    at,
    sample,
    beta,
    { ...options, accepted: both(withField(at, sample), withTop({ anthropic_beta: [beta] })) },
    (_header, body) => JSON.stringify(body.anthropic_beta ?? []),
  );
}

const invoke: readonly StrictRule[] = [
  needsField('anthropic_version', say('anthropic_version: Field required'), {
    source: 'docs.aws.amazon.com/bedrock, Anthropic Claude Messages API, anthropic_version',
  }),
  onlyValues('anthropic_version', ['bedrock-2023-05-31'], say('anthropic_version: value must be bedrock-2023-05-31'), {
    source: 'docs.aws.amazon.com/bedrock, Anthropic Claude Messages API, anthropic_version',
    refused: withTop({ anthropic_version: '2023-06-01' }),
  }),
  needsField('max_tokens', say('max_tokens: Field required'), {
    source: 'docs.aws.amazon.com/bedrock, Anthropic Claude Messages API, max_tokens',
  }),
  noField('model', 'claude', extraInputs, {
    source: 'docs.aws.amazon.com/bedrock, Anthropic Claude Messages API: the model stands in the path',
  }),
  noField('stream', true, extraInputs, { source: 'the path says whether it is streamed' }),
  noField('cache_control', { type: 'ephemeral' }, extraInputs, {
    source:
      'the report T08 of this project’s outside tests; github.com/anthropics/claude-code-action/issues/1005 is of its kind',
  }),
  noValue(
    'anthropic_beta[]',
    (beta) => !BEDROCK_BETAS.test(String(beta)),
    'betas that Bedrock does not know',
    say('invalid beta flag'),
    {
      source: 'github.com/anthropics/claude-code/issues/56595',
      refused: withTop({ anthropic_beta: ['extended-cache-ttl-2025-04-11'] }),
      accepted: withTop({ anthropic_beta: ['interleaved-thinking-2025-05-14'] }),
    },
  ),
  withBodyBeta('context_management', { edits: [] }, 'context-management-2025-06-27', {
    source: 'github.com/anthropics/claude-code/issues/49548',
  }),
  withBodyBeta('tools[].eager_input_streaming', true, 'fine-grained-tool-streaming-2025-05-14', {
    source: 'the report T07 of this project’s outside tests; github.com/anomalyco/opencode/issues/24696 is of its kind',
  }),
  withBodyBeta('tools[].defer_loading', true, 'tool-search-tool-2025-10-19', {
    source: 'github.com/anthropics/claude-code/issues/31033',
  }),
  withBodyBeta('tools[].input_examples', [], 'tool-examples-2025-10-29', {
    source: 'github.com/Wei-Shaw/claude-relay-service/issues/667',
  }),
  noField('output_config.effort', 'low', ({ path }) => bad(`${dotted(path)}: Extra inputs are not permitted`), {
    source: 'github.com/anthropics/claude-code-action/issues/1005',
    tag: 'before 4.6',
    when: ({ model, body }) =>
      (/4-5/.test(model) || !takesEffort(model)) && !JSON.stringify(body.anthropic_beta ?? []).includes('effort-'),
    refused: withTop({ output_config: { effort: 'low' } }),
    accepted: withTop({ output_config: { effort: 'low' } }, { model: 'anthropic.claude-opus-4-6-v1' }),
  }),
  noValue(
    'messages[].content[].source.type',
    (type) => type === 'url' || type === 'file',
    'pictures and documents by URL or file',
    ({ path, value }) =>
      bad(
        `${dotted(path.slice(0, -1))}: Input tag '${String(value)}' found using 'type' does not match any of the expected tags: 'base64'`,
      ),
    {
      source: 'platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock: URL sources are not supported',
      refused: withTop({
        messages: [
          { role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }] },
        ],
      }),
    },
  ),
  noValue(
    'tools[].type',
    (type) => /^(web_search|web_fetch|code_execution|advisor)_/.test(String(type)),
    'tools that Anthropic runs',
    ({ path, value }) =>
      bad(`tools.${path[1]}: Input tag '${String(value)}' found using 'type' does not match any of the expected tags`),
    {
      source: 'platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock: server tools are not supported',
      refused: withTop({
        tools: [{ type: 'web_search_20250305', name: 'web_search' }],
        messages: [{ role: 'user', content: 'x' }],
      }),
    },
  ),
  ...words('mcp_servers container service_tier inference_geo speed output_format').map((name) =>
    noField(name, 'x', extraInputs, {
      source: 'platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock, features that are not supported',
    }),
  ),
  onlyFields(
    '',
    words(
      'anthropic_version anthropic_beta max_tokens messages system stop_sequences tools tool_choice thinking output_config metadata context_management temperature top_p top_k',
    ),
    extraInputs,
    { source: 'docs.aws.amazon.com/bedrock, Anthropic Claude Messages API, request' },
  ),
];

const { model: _model, ...claudeBody } = plainMessages(CLAUDE);

/** Amazon Bedrock: Converse, and Claude by InvokeModel. */
export const bedrock: StrictVendorDefinition = {
  name: 'bedrock',
  title: 'Amazon Bedrock',
  model: CLAUDE,
  errorBody: messageOnly,
  ownIds: CLAUDE_SIGNATURE,
  wires: {
    converse: {
      path: '/model/{model}/converse',
      plain: plainConverse(),
      rules: [...members, ...contents, ...order, ...families],
    },
    invoke: {
      path: '/model/{model}/invoke',
      plain: { ...claudeBody, anthropic_version: 'bedrock-2023-05-31' },
      rules: [
        ...invoke,
        ...messageFields.filter(({ id }) => id !== 'fields of the body' && id !== 'missing max_tokens'),
        ...hostedClaudeRules,
      ],
    },
  },
};

/** Turns of one role, one behind the other, are one. */
function merged(messages: unknown): JsonObject[] {
  const all: { role: unknown; content: unknown[] }[] = [];
  for (const { role, content } of objectsOf(messages)) {
    const last = all.at(-1);
    if (last?.role === role) last?.content.push(...objectsOf(content));
    else all.push({ role, content: [...objectsOf(content)] });
  }
  return all.map((turn) => ({ ...turn }));
}

function idsOf(message: JsonObject | undefined, kind: 'toolUse' | 'toolResult'): string[] {
  return objectsOf(message?.content).flatMap((block) => {
    const one = block[kind];
    return isObject(one) ? [String(one.toolUseId)] : [];
  });
}
