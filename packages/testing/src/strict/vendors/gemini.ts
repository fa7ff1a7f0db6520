import { isObject } from '../../answers/json-object.js';
import { type SchemaFault, schemas } from '../checks/chat-tools.js';
import {
  atMost,
  inRange,
  mustMatch,
  noField,
  notEmpty,
  noValue,
  onlyFields,
  onlyValues,
  rule,
  type Say,
} from '../checks/fields.js';
import { googleError } from '../error-bodies.js';
import { both, sentWith, withField, withTop } from '../examples.js';
import { bracketed, type JsonObject, objectsOf, placesOf, words } from '../json-places.js';
import { plainGenerate } from '../plain-requests.js';
import type { Complaint, ExampleOf, ReadRequest, StrictRule, StrictVendorDefinition } from '../strict-rule.js';

const SDK = 'googleapis/js-genai, types.ts';
const PAGE = 'ai.google.dev/api/generate-content';
const MODEL = 'gemini-2.5-flash';
const THREE = { model: 'gemini-3-pro-preview' };

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const at = (path: readonly (string | number)[]) => snake(bracketed(path));

/** Google's words for a field it does not know. */
const unknownName: Say = ({ path }) => ({
  message: `Invalid JSON payload received. Unknown name "${snake(String(path.at(-1)))}"${path.length > 1 ? ` at '${at(path.slice(0, -1))}'` : ''}: Cannot find field.`,
});

const bad = (message: string): Complaint => ({ message });
const say = (message: string) => () => bad(message);

/** The plain request with other contents. */
function contents(...list: readonly JsonObject[]): ExampleOf {
  return withTop({ contents: list });
}

const ASK = { role: 'user', parts: [{ text: 'Hello' }] };
const CALL = { functionCall: { name: 'weather', args: {} } };
const RESPONSE = { functionResponse: { name: 'weather', response: { result: 'Rain' } } };
const SIGNED = { ...CALL, thoughtSignature: 'CiQBjz1rX1V3xLK9AiwNVaxqNoLAQX8VwIjPciIcAAAA' };

const isThree = ({ model }: ReadRequest) => /gemini-([3-9]|flash-latest|pro-latest)/.test(model);
const isTwo = (request: ReadRequest) => /gemini-[12]/.test(request.model);

/** A field by both its spellings. */
const names = (text: string) => words(text).flatMap((name) => [name, snake(name)]);

const fields: readonly StrictRule[] = [
  onlyFields(
    '',
    names(
      'contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent labels serviceTier store model modelArmorConfig',
    ),
    unknownName,
    { source: `${SDK}, GenerateContentParameters` },
  ),
  onlyFields('contents[]', ['role', 'parts'], unknownName, { source: `${SDK}, Content` }),
  onlyFields(
    'contents[].parts[]',
    names(
      'text inlineData fileData functionCall functionResponse executableCode codeExecutionResult thought thoughtSignature videoMetadata mediaResolution toolCall toolResponse partMetadata',
    ),
    unknownName,
    { source: `${SDK}, Part` },
  ),
  onlyFields('contents[].parts[].functionCall', names('name args id partialArgs willContinue'), unknownName, {
    source: `${SDK}, FunctionCall`,
  }),
  onlyFields(
    'contents[].parts[].functionResponse',
    names('name response id parts scheduling willContinue'),
    unknownName,
    { source: `${SDK}, FunctionResponse` },
  ),
  onlyFields('contents[].parts[].inlineData', names('mimeType data displayName'), unknownName, {
    source: `${SDK}, Blob`,
  }),
  onlyFields(
    'generationConfig',
    names(
      'temperature topP topK candidateCount maxOutputTokens stopSequences responseLogprobs logprobs presencePenalty frequencyPenalty seed responseMimeType responseSchema responseJsonSchema responseModalities mediaResolution speechConfig audioTimestamp thinkingConfig imageConfig enableEnhancedCivicAnswers routingConfig modelSelectionConfig enableAffectiveDialog responseFormat',
    ),
    unknownName,
    { source: `${SDK}, GenerationConfig` },
  ),
  onlyFields('generationConfig.thinkingConfig', names('includeThoughts thinkingBudget thinkingLevel'), unknownName, {
    source: `${SDK}, ThinkingConfig`,
    refused: withField('generationConfig.thinkingConfig', { effort: 'low' }),
    accepted: withField('generationConfig.thinkingConfig', { thinkingBudget: 100 }),
  }),
  onlyFields(
    'tools[].functionDeclarations[]',
    names('name description parameters parametersJsonSchema response responseJsonSchema behavior'),
    unknownName,
    { source: `${SDK}, FunctionDeclaration` },
  ),
  onlyFields(
    'tools[]',
    names(
      'functionDeclarations googleSearch googleSearchRetrieval codeExecution urlContext googleMaps fileSearch computerUse enterpriseWebSearch retrieval vertexAiSearch mcpServers parallelAiSearch',
    ),
    unknownName,
    { source: `${SDK}, Tool` },
  ),
  onlyFields(
    'toolConfig.functionCallingConfig',
    names('mode allowedFunctionNames streamFunctionCallArguments'),
    unknownName,
    {
      source: `${SDK}, FunctionCallingConfig`,
      refused: withTop({ toolConfig: { functionCallingConfig: { type: 'auto' } } }),
      accepted: withTop({ toolConfig: { functionCallingConfig: { mode: 'AUTO' } } }),
    },
  ),
];

const order: readonly StrictRule[] = [
  notEmpty('contents', [], say('* GenerateContentRequest.contents: contents is not specified'), {
    source: 'ai.google.dev/api/generate-content, contents is required',
  }),
  onlyValues('contents[].role', ['user', 'model', 'function'], say('Please use a valid role: user, model.'), {
    source: 'ai.google.dev/api/caching, Content.role: user or model',
    refused: contents(ASK, { role: 'assistant', parts: [{ text: 'x' }] }, ASK),
    accepted: contents(ASK, { role: 'model', parts: [{ text: 'x' }] }, ASK),
  }),
  noValue(
    'contents[].parts',
    (parts) => Array.isArray(parts) && parts.length === 0,
    'contents without parts',
    ({ path }) => bad(`* GenerateContentRequest.contents[${path[1]}].parts: contents.parts must not be empty.`),
    { source: 'github.com/vercel/ai/issues/3775', refused: contents({ role: 'user', parts: [] }) },
  ),
  noValue(
    'contents[].parts[]',
    (part) =>
      isObject(part) &&
      ![
        'text',
        'inlineData',
        'fileData',
        'functionCall',
        'functionResponse',
        'executableCode',
        'codeExecutionResult',
        'toolCall',
        'toolResponse',
        'inline_data',
        'file_data',
        'function_call',
        'function_response',
      ].some((name) => part[name] !== undefined && part[name] !== ''),
    'parts without data',
    ({ path }) =>
      bad(
        `* GenerateContentRequest.contents[${path[1]}].parts[${path[3]}].data: required oneof field 'data' must have one initialized field`,
      ),
    {
      tag: 'data',
      source: 'github.com/router-for-me/CLIProxyAPI/issues/1292',
      when: (request) => !isThree(request) && !JSON.stringify(request.body).includes('thoughtSignature":"'),
      refused: contents({ role: 'user', parts: [{ text: '' }] }),
      accepted: contents(ASK),
    },
  ),
  rule(
    'calls after whom',
    'a call of a function that is not right behind a user or a result',
    { source: 'github.com/google-gemini/gemini-cli/issues/26486' },
    {
      refused: contents({ role: 'model', parts: [CALL] }, { role: 'user', parts: [RESPONSE] }),
      accepted: contents(ASK, { role: 'model', parts: [CALL] }, { role: 'user', parts: [RESPONSE] }),
      check: ({ body }) => {
        const all = objectsOf(body.contents);
        const index = all.findIndex(
          (content, place) =>
            content.role === 'model' &&
            partsOf(content, 'functionCall') > 0 &&
            (place === 0 || all[place - 1]?.role === 'model'),
        );
        return index === -1
          ? undefined
          : bad(
              'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
            );
      },
    },
  ),
  rule(
    'results after calls',
    'results of functions that are not right behind their calls',
    { source: 'github.com/GoogleCloudPlatform/generative-ai/pull/368' },
    {
      refused: contents(ASK, { role: 'user', parts: [RESPONSE] }),
      accepted: contents(ASK, { role: 'model', parts: [CALL] }, { role: 'user', parts: [RESPONSE] }),
      check: ({ body }) => {
        const all = objectsOf(body.contents);
        const index = all.findIndex(
          (content, place) => partsOf(content, 'functionResponse') > 0 && partsOf(all[place - 1], 'functionCall') === 0,
        );
        return index === -1
          ? undefined
          : bad('Please ensure that function response turn comes immediately after a function call turn.');
      },
    },
  ),
  rule(
    'as many results as calls',
    'fewer or more results than calls',
    { source: 'github.com/google-gemini/gemini-cli/issues/3814' },
    {
      refused: contents(ASK, { role: 'model', parts: [CALL, CALL] }, { role: 'user', parts: [RESPONSE] }),
      accepted: contents(ASK, { role: 'model', parts: [CALL, CALL] }, { role: 'user', parts: [RESPONSE, RESPONSE] }),
      check: ({ body }) => {
        const all = objectsOf(body.contents);
        const index = all.findIndex((content, place) => {
          const calls = content.role === 'model' ? partsOf(content, 'functionCall') : 0;
          return calls > 0 && all[place + 1] !== undefined && partsOf(all[place + 1], 'functionResponse') !== calls;
        });
        return index === -1
          ? undefined
          : bad(
              'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
            );
      },
    },
  ),
  rule(
    'signatures',
    'a first call of a step in the current turn without its signature, at Gemini 3',
    {
      source: 'ai.google.dev/gemini-api/docs/thought-signatures; github.com/BerriAI/litellm/issues/16893',
      when: isThree,
    },
    {
      refused: both(contents(ASK, { role: 'model', parts: [CALL] }, { role: 'user', parts: [RESPONSE] }), (body) => ({
        body,
        ...THREE,
      })),
      accepted: both(
        contents(ASK, { role: 'model', parts: [SIGNED] }, { role: 'user', parts: [RESPONSE] }),
        (body) => ({ body, ...THREE }),
      ),
      check: ({ body }) => {
        const all = objectsOf(body.contents);
        const turn = all.findLastIndex(
          (content) =>
            content.role === 'user' &&
            objectsOf(content.parts).some(
              (part) => part.functionResponse === undefined && part.function_response === undefined,
            ),
        );
        const unsigned = all.slice(turn + 1).find((content) => {
          const first =
            content.role === 'model'
              ? objectsOf(content.parts).find((part) => part.functionCall !== undefined)
              : undefined;
          return first !== undefined && (first.thoughtSignature ?? first.thought_signature) === undefined;
        });
        return (
          unsigned &&
          bad(
            'Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance.',
          )
        );
      },
    },
  ),
  noValue(
    'contents[].parts[].thoughtSignature',
    (value, request) =>
      typeof value === 'string' &&
      value !== 'skip_thought_signature_validator' &&
      value !== 'context_engineering_is_the_way_to_go' &&
      !request.issued(value),
    'signatures that Google did not make',
    say('Thought signature is not valid'),
    {
      source: 'ai.google.dev/gemini-api/docs/thought-signatures, FAQ',
      refused: withField('contents[].parts[].thoughtSignature', 'sig-of-claude!'),
      accepted: withField('contents[].parts[].thoughtSignature', SIGNED.thoughtSignature),
    },
  ),
  noValue(
    'systemInstruction.parts[]',
    (part) => isObject(part) && part.text === undefined,
    'anything but texts for the system',
    say('System instruction must contain only text parts'),
    {
      source: `${PAGE}, systemInstruction: currently, text only`,
      refused: withField('systemInstruction.parts', [{ inlineData: { mimeType: 'image/png', data: 'x' } }]),
    },
  ),
  noValue(
    'contents[].parts[].functionCall.args',
    (args) => args !== null && !isObject(args),
    'arguments that are no object',
    ({ path }) => bad(`Invalid value at '${at(path)}' (type.googleapis.com/google.protobuf.Struct)`),
    { source: `${SDK}, FunctionCall`, refused: withField('contents[].parts[].functionCall.args', '{}') },
  ),
  noValue(
    'contents[].parts[].functionResponse.response',
    (value) => !isObject(value),
    'results that are no object',
    ({ path }) => bad(`Invalid value at '${at(path)}' (type.googleapis.com/google.protobuf.Struct), "Rain"`),
    { source: `${SDK}, FunctionResponse`, refused: withField('contents[].parts[].functionResponse.response', 'Rain') },
  ),
  mustMatch(
    'contents[].parts[].inlineData.data',
    /^[A-Za-z0-9+/=_\s-]*$/,
    'data:image/png;base64,x',
    ({ path }) => bad(`Invalid value at '${at(path)}' (TYPE_BYTES), Base64 decoding failed`),
    { source: `${PAGE}, Blob: bytes` },
  ),
];

/** The words of schemas that Google's own form of them has. */
const KNOWN_WORDS = new Set(
  words(`type format title description nullable enum items minItems maxItems properties required
  propertyOrdering minProperties maxProperties minLength maxLength pattern minimum maximum anyOf default example
  property_ordering any_of min_items max_items min_length max_length min_properties max_properties`),
);

const foreignWord: SchemaFault = (schema) => Object.keys(schema).find((word) => !KNOWN_WORDS.has(word));

/** Schemas in Google's form, of functions and of answers. */
function schemaRules(where: string, root: string): StrictRule[] {
  const isAnswer = where.startsWith('generationConfig');
  const asJson = both(
    both(contents(ASK), withTop({ tools: undefined })),
    withField('generationConfig.responseMimeType', 'application/json'),
  );
  const put = (schema: unknown): ExampleOf =>
    isAnswer ? both(asJson, withField(where, schema)) : withField(where, schema);
  const ok = put({ type: 'object', properties: { city: { type: 'string' } } });
  const make = (
    id: string,
    refuses: string,
    fault: SchemaFault,
    badOne: unknown,
    complaint: (fault: string, path: readonly (string | number)[]) => Complaint,
    source: string,
  ) =>
    schemas(`${id} (${root})`, `${refuses} in \`${where}\``, where, fault, badOne, complaint, {
      source,
      refused: put(badOne),
      accepted: ok,
    });
  return [
    make(
      'foreign words',
      'words that Google’s schemas do not have',
      foreignWord,
      { type: 'object', properties: { a: { type: 'string', const: 'x' } }, additionalProperties: false },
      (word, path) => bad(`Invalid JSON payload received. Unknown name "${word}" at '${at(path)}': Cannot find field.`),
      'github.com/musistudio/claude-code-router/issues/187; github.com/zed-industries/zed/issues/44875',
    ),
    make(
      'lists of types',
      'a list as `type`',
      (schema) => (Array.isArray(schema.type) ? 'type' : undefined),
      { type: 'object', properties: { a: { type: ['string', 'null'] } } },
      (_word, path) =>
        bad(
          `Invalid JSON payload received. Unknown name "type" at '${at(path)}': Proto field is not repeating, cannot start list.`,
        ),
      'github.com/zed-industries/zed/issues/53919',
    ),
    make(
      'enums',
      '`enum` that is not of texts',
      (schema) =>
        Array.isArray(schema.enum) && schema.enum.some((one) => typeof one !== 'string') ? 'enum' : undefined,
      { type: 'object', properties: { a: { type: 'integer', enum: [1, 2] } } },
      (_word, path) => bad(`Invalid value at '${at(path)}.enum[0]' (TYPE_STRING), 1`),
      'the type of Schema.enum',
    ),
    make(
      'required',
      '`required` that is not among the properties',
      (schema) =>
        Array.isArray(schema.required) && isObject(schema.properties)
          ? (schema.required.find(
              (name) => isObject(schema.properties) && schema.properties[String(name)] === undefined,
            ) as string | undefined)
          : undefined,
      { type: 'object', properties: { a: { type: 'string' } }, required: ['b'] },
      (_word, path) => bad(`* GenerateContentRequest.${at(path)}.required[0]: property is not defined`),
      'ai.google.dev/api/caching, Schema.required; the wording is not verified',
    ),
    make(
      'items',
      'arrays without `items`',
      (schema) => (String(schema.type).toLowerCase() === 'array' && schema.items === undefined ? 'items' : undefined),
      { type: 'object', properties: { a: { type: 'array' } } },
      (_word, path) => bad(`* GenerateContentRequest.${at(path)}.items: missing field.`),
      'ai.google.dev/api/caching, Schema.items; the wording is not verified',
    ),
    make(
      'formats',
      'formats of texts other than `enum` and `date-time`',
      (schema) =>
        String(schema.type).toLowerCase() === 'string' &&
        typeof schema.format === 'string' &&
        !['enum', 'date-time'].includes(schema.format)
          ? schema.format
          : undefined,
      { type: 'object', properties: { a: { type: 'string', format: 'uri' } } },
      (_word, path) =>
        bad(`* GenerateContentRequest.${at(path)}.format: only 'enum' and 'date-time' are supported for STRING type`),
      'ai.google.dev/api/caching, Schema.format; the wording is not verified',
    ),
  ];
}

const tools: readonly StrictRule[] = [
  ...schemaRules('tools[].functionDeclarations[].parameters', 'functions'),
  ...schemaRules('generationConfig.responseSchema', 'answers'),
  noValue(
    'tools[].functionDeclarations[].parameters',
    (schema) =>
      isObject(schema) &&
      String(schema.type).toLowerCase() === 'object' &&
      isObject(schema.properties) &&
      Object.keys(schema.properties).length === 0,
    'parameters without a property',
    ({ path }) => bad(`* GenerateContentRequest.${at(path)}.properties: should be non-empty for OBJECT type`),
    {
      tag: 'empty',
      source: 'github.com/agno-agi/agno/issues/2112; github.com/lobehub/lobehub/pull/5002; recorded as taken by 2.5',
      when: ({ model }) => /gemini-(1|2\.0)/.test(model),
      refused: withField(
        'tools[].functionDeclarations[].parameters',
        { type: 'object', properties: {} },
        { model: 'gemini-2.0-flash' },
      ),
      accepted: sentWith({ model: 'gemini-2.0-flash' }),
    },
  ),
  noValue(
    'tools[].functionDeclarations[].parameters',
    (schema) => isObject(schema) && String(schema.type).toLowerCase() !== 'object',
    'parameters that are no object',
    ({ path }) =>
      bad(`* GenerateContentRequest.${at(path)}: functionDeclaration parameters schema should be of type OBJECT.`),
    {
      tag: 'object',
      source: 'github.com/BerriAI/litellm/issues/18442',
      refused: withField('tools[].functionDeclarations[].parameters', { type: 'string' }),
    },
  ),
  noValue(
    'tools[].functionDeclarations[]',
    (tool) => isObject(tool) && tool.parameters !== undefined && tool.parametersJsonSchema !== undefined,
    'both forms of parameters',
    say('Only one of parameters and parametersJsonSchema can be set'),
    {
      tag: 'both',
      source: `${SDK}, FunctionDeclaration: mutually exclusive`,
      refused: withField('tools[].functionDeclarations[].parametersJsonSchema', { type: 'object' }),
    },
  ),
  mustMatch(
    'tools[].functionDeclarations[].name',
    /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/,
    'two words',
    ({ path }) =>
      bad(
        `* GenerateContentRequest.${at(path)}: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.`,
      ),
    { source: `${SDK}, FunctionDeclaration.name` },
  ),
  atMost(
    'tools[].functionDeclarations',
    512,
    { name: 'weather' },
    say('The number of function declarations must not be above 512'),
    {
      source: 'ai.google.dev/gemini-api/docs/function-calling; firebase.google.com/docs/ai-logic/function-calling',
      refused: withField(
        'tools[].functionDeclarations',
        Array.from({ length: 513 }, (_, index) => ({ name: `f${index}` })),
      ),
      accepted: withField(
        'tools[].functionDeclarations',
        Array.from({ length: 512 }, (_, index) => ({ name: index === 0 ? 'weather' : `f${index}` })),
      ),
    },
  ),
  rule(
    'two kinds of tools',
    'functions together with a tool of Google’s, before Gemini 3',
    { source: 'github.com/symfony/ai/issues/803; ai.google.dev/gemini-api/docs/tool-combination', when: isTwo },
    {
      refused: withField('tools[]', { googleSearch: {} }),
      accepted: withField('tools[]', { functionDeclarations: [{ name: 'other' }] }),
      check: ({ body }) => {
        const keys = new Set(objectsOf(body.tools).flatMap((tool) => Object.keys(tool)));
        // Code may be executed beside functions: recorded, gemini/generate-tools-unused--gemini-2-5-flash-1cf27f.
        keys.delete('codeExecution');
        return keys.has('functionDeclarations') && keys.size > 1
          ? bad('Tool use with function calling is unsupported')
          : undefined;
      },
    },
  ),
  rule(
    'JSON with tools',
    'JSON as the form of the answer together with functions, before Gemini 3',
    { source: 'github.com/googleapis/python-genai/issues/867', when: isTwo },
    {
      refused: withField('generationConfig.responseMimeType', 'application/json'),
      accepted: both(
        withField('generationConfig.responseMimeType', 'application/json'),
        both(contents(ASK), withTop({ tools: undefined })),
      ),
      check: ({ body }) =>
        isObject(body.generationConfig) &&
        body.generationConfig.responseMimeType === 'application/json' &&
        objectsOf(body.tools).some((tool) => tool.functionDeclarations !== undefined)
          ? bad("Function calling with a response mime type: 'application/json' is unsupported")
          : undefined,
    },
  ),
  rule(
    'allowed names',
    '`allowedFunctionNames` in a mode other than ANY',
    { source: 'FunctionCallingConfig of the description' },
    {
      refused: withTop({ toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['weather'] } } }),
      accepted: withTop({ toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] } } }),
      check: ({ body }) => {
        const config = placesOf(body, 'toolConfig.functionCallingConfig')[0]?.value;
        return isObject(config) &&
          Array.isArray(config.allowedFunctionNames) &&
          config.mode !== 'ANY' &&
          config.mode !== 'VALIDATED'
          ? bad('Allowed function names may only be set when the function calling mode is ANY.')
          : undefined;
      },
    },
  ),
  rule(
    'names that are not offered',
    '`allowedFunctionNames` that are not offered',
    { source: `${PAGE}, FunctionCallingConfig` },
    {
      refused: withTop({ toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['other'] } } }),
      accepted: withTop({ toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] } } }),
      check: ({ body }) => {
        const known = placesOf(body, 'tools[].functionDeclarations[].name').map(({ value }) => value);
        const stray = placesOf(body, 'toolConfig.functionCallingConfig.allowedFunctionNames[]').find(
          ({ value }) => !known.includes(value),
        );
        return stray && bad(`${String(stray.value)} is not one of the function declarations`);
      },
    },
  ),
  onlyValues(
    'toolConfig.functionCallingConfig.mode',
    ['AUTO', 'ANY', 'NONE', 'VALIDATED', 'MODE_UNSPECIFIED'],
    ({ value }) =>
      bad(
        `Invalid value at 'tool_config.function_calling_config.mode' (type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode), "${String(value)}"`,
      ),
    {
      source: `${SDK}, FunctionCallingConfigMode`,
      refused: withTop({ toolConfig: { functionCallingConfig: { mode: 'required' } } }),
      accepted: withTop({ toolConfig: { functionCallingConfig: { mode: 'ANY' } } }),
    },
  ),
];

const config: readonly StrictRule[] = [
  atMost(
    'generationConfig.stopSequences',
    5,
    'x',
    say('* GenerateContentRequest.generation_config.stop_sequences: at most 5'),
    { source: `${PAGE}, stopSequences: up to 5` },
  ),
  inRange(
    'generationConfig.temperature',
    0,
    2,
    say('* GenerateContentRequest.generation_config.temperature: must be in the range [0.0, 2.0]'),
    { source: `${PAGE}, temperature: [0.0, 2.0]` },
  ),
  inRange(
    'generationConfig.topP',
    0,
    1,
    say('* GenerateContentRequest.generation_config.top_p: top_p must be in the range [0.0, 1.0]'),
    { source: `${PAGE}, topP` },
  ),
  inRange(
    'generationConfig.candidateCount',
    1,
    8,
    say('* GenerateContentRequest.generation_config.candidate_count: must be in the range [1, 8]'),
    { source: 'ai.google.dev/api/generate-content, GenerationConfig.candidateCount' },
  ),
  inRange(
    'generationConfig.maxOutputTokens',
    1,
    Number.POSITIVE_INFINITY,
    say('* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.'),
    { source: 'ai.google.dev/api/generate-content, GenerationConfig.maxOutputTokens' },
  ),
  rule(
    'budget and level',
    'a budget beside a level of thinking',
    { source: 'ai.google.dev/gemini-api/docs/thinking: both in one request answer 400' },
    {
      refused: both(
        contents(ASK),
        withField('generationConfig.thinkingConfig', { thinkingBudget: 100, thinkingLevel: 'low' }, THREE),
      ),
      accepted: withField('generationConfig.thinkingConfig', { thinkingBudget: 100 }),
      check: ({ body }) => {
        const thinking = placesOf(body, 'generationConfig.thinkingConfig')[0]?.value;
        return isObject(thinking) && thinking.thinkingBudget != null && thinking.thinkingLevel != null
          ? bad('You can only set only one of thinking budget and thinking level.')
          : undefined;
      },
    },
  ),
  noField(
    'generationConfig.thinkingConfig.thinkingLevel',
    'low',
    say('Thinking level is not supported for this model.'),
    {
      source: 'ai.google.dev/gemini-api/docs/thinking',
      tag: '2.5',
      when: isTwo,
      refused: withField('generationConfig.thinkingConfig', { thinkingLevel: 'low' }),
      accepted: withField('generationConfig.thinkingConfig', { thinkingBudget: 100 }),
    },
  ),
  noValue(
    'generationConfig.thinkingConfig.thinkingBudget',
    (value) => value === 0,
    'no thinking, at 2.5 Pro',
    say('Budget 0 is invalid. This model only works in thinking mode.'),
    {
      source: 'ai.google.dev/gemini-api/docs/thinking',
      tag: '2.5 Pro',
      when: ({ model }) => /2\.5-pro/.test(model),
      refused: withField('generationConfig.thinkingConfig', { thinkingBudget: 0 }, { model: 'gemini-2.5-pro' }),
      accepted: withField('generationConfig.thinkingConfig', { thinkingBudget: 128 }, { model: 'gemini-2.5-pro' }),
    },
  ),
  noValue(
    'generationConfig.thinkingConfig.thinkingBudget',
    (value) => typeof value === 'number' && value > 32_768,
    'a budget above the model’s',
    say('The thinking budget is invalid. Please choose a value between 128 and 32768.'),
    {
      source: 'ai.google.dev/gemini-api/docs/thinking, table of budgets',
      tag: 'most',
      refused: withField('generationConfig.thinkingConfig', { thinkingBudget: 40_000 }),
      accepted: withField('generationConfig.thinkingConfig', { thinkingBudget: 24_576 }),
    },
  ),
  noField('generationConfig.thinkingConfig', { thinkingBudget: 100 }, say('Thinking is not enabled for this model'), {
    source: 'ai.google.dev/gemini-api/docs/thinking',
    tag: '2.0 and before',
    when: ({ model }) => /gemini-(1|2\.0)/.test(model),
    refused: withField('generationConfig.thinkingConfig', { thinkingBudget: 100 }, { model: 'gemini-2.0-flash' }),
    accepted: withField('generationConfig.thinkingConfig', { thinkingBudget: 100 }),
  }),
  noValue(
    'generationConfig',
    (value) => isObject(value) && value.responseSchema !== undefined && value.responseMimeType === undefined,
    'a schema of the answer without `responseMimeType`',
    say(
      "* GenerateContentRequest.generation_config.response_schema: only allowed when response_mime_type is 'application/json' or 'text/x.enum'",
    ),
    {
      tag: 'schema',
      source: `${PAGE}, responseSchema: a compatible responseMimeType must also be set`,
      refused: withField('generationConfig.responseSchema', { type: 'object', properties: { a: { type: 'string' } } }),
    },
  ),
];

/** What Gemini refuses wherever it is asked. */
export const generateRules: readonly StrictRule[] = [...fields, ...order, ...tools, ...config];

/** What Google's signatures look like: base64 of a message. */
export const GOOGLE_SIGNATURE = /^[ACE][A-Za-z0-9+/_-]{20,}={0,2}$/;

const VERTEX_ONLY = [
  ['labels', { team: 'a' }],
  ['modelArmorConfig', {}],
] as const;

/** Gemini, at AI Studio. */
export const gemini: StrictVendorDefinition = {
  name: 'gemini',
  title: 'Gemini',
  model: MODEL,
  errorBody: googleError,
  ownIds: GOOGLE_SIGNATURE,
  wires: {
    generate: {
      path: '/v1beta/models/{model}:generateContent',
      plain: plainGenerate(),
      rules: [
        ...VERTEX_ONLY.map(([name, sample]) =>
          noField(name, sample, unknownName, { source: `${SDK}: ${name} is not supported in Gemini API` }),
        ),
        ...words('audioTimestamp routingConfig modelSelectionConfig').map((name) =>
          noField(`generationConfig.${name}`, true, unknownName, {
            source: `${SDK}: ${name} is not supported in Gemini API`,
          }),
        ),
        noField('tools[].enterpriseWebSearch', {}, unknownName, {
          source: `${SDK}: enterpriseWebSearch is not supported in Gemini API`,
        }),
        noValue(
          'contents[].parts[].fileData.fileUri',
          (uri) => typeof uri === 'string' && uri.startsWith('gs://'),
          'files of Cloud Storage',
          say('Unsupported file URI type: gs://. Only File API URIs are supported'),
          {
            source: 'ai.google.dev/gemini-api/docs/files; the wording is not verified',
            refused: contents({ role: 'user', parts: [{ fileData: { mimeType: 'image/png', fileUri: 'gs://a/b' } }] }),
            accepted: contents({
              role: 'user',
              parts: [
                {
                  fileData: {
                    mimeType: 'image/png',
                    fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/a',
                  },
                },
              ],
            }),
          },
        ),
        ...generateRules,
      ],
    },
  },
};

function partsOf(content: JsonObject | undefined, kind: 'functionCall' | 'functionResponse'): number {
  return objectsOf(content?.parts).filter((part) => part[kind] !== undefined || part[snake(kind)] !== undefined).length;
}
