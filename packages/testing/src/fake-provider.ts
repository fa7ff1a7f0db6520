import { type Answer, composeAnswer, type ScriptedReply } from './answers/compose-answer.js';
import { base64Of, embed } from './answers/embed.js';
import { isObject } from './answers/json-object.js';
import {
  type Question,
  readAnthropicQuestion,
  readCompletionQuestion,
  readOpenAiQuestion,
  tokensOf,
} from './answers/question.js';
import { TEXT_FORMATS, transcribe, transcriptEvents } from './answers/transcribe.js';
import { pickFault } from './faults.js';
import type { LoggedRequest, ProviderLog } from './provider-log.js';
import { type Exchange, startProviderServer } from './serving/provider-server.js';
import { EVENT_STREAM, type FaultOptions, sendEvents, serveFault } from './serving/serve-fault.js';
import { type Refusal, type StrictRequest, type StrictVendor, strictVendor } from './strict/strict-vendor.js';
import { messagesWire } from './wires/anthropic-wire.js';
import { failureReply } from './wires/failures.js';
import { chatCompletionsWire, completionsWire } from './wires/openai-wire.js';
import { eventsOf } from './wires/script.js';
import type { Wire } from './wires/wire.js';

/** A model provider that runs in the test, and its URLs for clients. */
export interface FakeProvider {
  /** Base URL for OpenAI clients: the origin with `/v1`. */
  readonly url: string;
  /** Base URL for Anthropic and Azure clients. */
  readonly origin: string;
  readonly port: number;
  /** The requests that the provider has received. */
  readonly log: ProviderLog;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** How the fake provider behaves. Everything has a default. */
export interface FakeProviderOptions extends FaultOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Pause after each streamed token, in milliseconds. Default 0; about 30 looks like a real model. */
  readonly tokenDelayMs?: number;
  /** The credential that must be sent. Default: any, or none. */
  readonly apiKey?: string;
  /** Models that `/v1/models` lists. Any other name is answered too. */
  readonly models?: readonly string[];
  /**
   * The text of an answer, or the tools it calls, for tests that need their own; `undefined` leaves the answer to the
   * provider. To play an agent's model, call a tool while `toolResults` is empty, and answer with text once it is
   * not.
   */
  readonly reply?: (question: Question) => ScriptedReply | undefined;
  /**
   * Refuses what this vendor would refuse, with its status and its error body: a name in `STRICT_VENDORS`, or a checker of
   * your own making. Default: only what no vendor takes is refused. Faults come first.
   */
  readonly strict?: string | StrictVendor;
}

/**
 * Starts a provider with the APIs of OpenAI (chat completions, completions, embeddings, transcriptions, models),
 * Azure and Anthropic Messages, streamed or not, with answers that are the same on every run. The model name selects
 * a fault: `fault-f19` answers 500; FAULTS lists them all. Any other model is healthy.
 */
export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const { host = '127.0.0.1', port = 0 } = options;
  const { strict } = options;
  const vendor = typeof strict === 'string' ? strictVendor(strict) : strict;
  const faultsShown = new Map<string, number>();

  function isHealed(model: string): boolean {
    const shown = faultsShown.get(model) ?? 0;
    faultsShown.set(model, shown + 1);
    return shown >= (options.healAfter ?? Number.POSITIVE_INFINITY);
  }

  const server = await startProviderServer({
    host,
    port,
    respond: (exchange) => respond(exchange, options, vendor, isHealed),
  });
  return { ...server, url: `${server.origin}/v1` };
}

/**
 * Starts a fake provider that takes and refuses what a vendor takes and refuses. `STRICT_VENDORS` has the names. It answers
 * the wires that every fake provider answers; on the others it refuses, and knows nothing to say to a good request.
 */
export async function strictUpstream(
  name: string,
  options: Omit<FakeProviderOptions, 'strict'> = {},
): Promise<FakeProvider> {
  return startFakeProvider({ ...options, strict: name });
}

function strictRequest({ path, query, headers, body }: LoggedRequest): StrictRequest {
  const search = query.toString();
  return { path: search === '' ? path : `${path}?${search}`, headers, body };
}

async function respond(
  exchange: Exchange,
  options: FakeProviderOptions,
  vendor: StrictVendor | undefined,
  isHealed: (model: string) => boolean,
): Promise<void> {
  const { request, reply } = exchange;
  const place = findPlace(request.path);
  const refused = (): Refusal | undefined => vendor?.check(strictRequest(request));
  if (place === undefined) {
    const refusal = request.method === 'POST' ? refused() : undefined;
    if (refusal !== undefined) return reply.json(refusal.status, refusal.body);
    return refuse(exchange, 404, `Invalid URL (${request.method} ${request.path})`);
  }
  const { wire, operation } = place;

  if (options.apiKey !== undefined && !shows(options.apiKey, exchange)) {
    const { status, body } = failureReply('unauthorized', wire.dialect);
    return reply.json(status, body);
  }
  if (operation === 'models') return listModels(exchange, options.models ?? DEFAULT_MODELS);
  if (request.method !== 'POST') return refuse(exchange, 405, `Not allowed: ${request.method} ${request.path}`);

  const body = isObject(request.body) ? request.body : {};
  const model = request.model ?? '';
  const question = READ_QUESTION[operation]?.(body, model);
  const answer = (asked: Question): Answer => composeAnswer(asked, request.number, options.reply?.(asked));
  const wholeBody = (): unknown => {
    if (operation === 'transcriptions') return transcribe(body);
    return question ? wire.json(answer(question)) : embeddings(body, model);
  };
  const tokenDelayMs = options.tokenDelayMs ?? 0;

  async function healthy(): Promise<void> {
    const refusal = refused();
    if (refusal !== undefined) return reply.json(refusal.status, refusal.body);
    const complaint = complaintAbout(exchange, operation, wire, body, model);
    if (complaint !== undefined) return refuse(exchange, 400, complaint, wire);
    if (operation === 'transcriptions' && TEXT_FORMATS.includes(body.response_format)) {
      return reply.whole(200, { 'content-type': 'text/plain; charset=utf-8' }, `${transcribe(body).text}\n`);
    }
    if (operation === 'transcriptions' && body.stream === 'true') {
      reply.head(200, { ...EVENT_STREAM, ...replyHeaders(exchange, wire) });
      await sendEvents(reply, transcriptEvents(body), tokenDelayMs);
      return reply.end();
    }
    if (!question?.stream) return reply.json(200, wholeBody(), replyHeaders(exchange, wire));
    reply.head(200, { ...EVENT_STREAM, ...replyHeaders(exchange, wire) });
    await sendEvents(reply, eventsOf(wire.script(answer(question), question)), tokenDelayMs);
    await reply.end();
  }

  const picked = pickFault(model);
  if (picked === 'unknown') return refuse(exchange, 404, `This provider cannot play "${model}": see FAULTS.`, wire);
  if (picked === undefined || isHealed(model)) return healthy();
  await serveFault(picked, { exchange, wire, options, tokenDelayMs, question, answer, body: wholeBody, healthy });
}

type Operation = 'chat' | 'completions' | 'embeddings' | 'transcriptions' | 'messages' | 'models';

interface Place {
  readonly wire: Wire;
  readonly operation: Operation;
}

const READ_QUESTION: Readonly<Partial<Record<Operation, (body: Record<string, unknown>, model: string) => Question>>> =
  { chat: readOpenAiQuestion, completions: readCompletionQuestion, messages: readAnthropicQuestion };

const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['chat/completions', 'chat'],
  ['completions', 'completions'],
  ['embeddings', 'embeddings'],
  ['audio/transcriptions', 'transcriptions'],
  ['messages', 'messages'],
  ['models', 'models'],
]);

const openAiWire = chatCompletionsWire('openai');
const azureWire = chatCompletionsWire('azure');

// Azure's two forms, Anthropic on Azure, and the plain paths with and without /v1.
const PATH = /^(\/openai\/deployments\/[^/]+|\/openai\/v1|\/anthropic\/v1|\/v1)?\/(.+?)\/?$/;

function findPlace(path: string): Place | undefined {
  const [, prefix = '', rest = ''] = PATH.exec(path) ?? [];
  const operation = OPERATIONS.get(rest) ?? (rest.startsWith('models/') ? 'models' : undefined);
  if (operation === undefined) return undefined;
  if (operation === 'messages') return { operation, wire: messagesWire };
  if (operation === 'completions') return { operation, wire: completionsWire };
  return { operation, wire: prefix.startsWith('/openai') ? azureWire : openAiWire };
}

function shows(apiKey: string, { request: { headers } }: Exchange): boolean {
  return [headers.authorization?.replace(/^Bearer /i, ''), headers['x-api-key'], headers['api-key']].includes(apiKey);
}

function complaintAbout(
  { request }: Exchange,
  operation: Operation,
  wire: Wire,
  body: Record<string, unknown>,
  model: string,
): string | undefined {
  if (!isObject(request.body)) return 'We could not parse the JSON body of your request.';
  if (request.path.includes('/deployments/') && !request.query.has('api-version')) {
    return 'Missing query parameter: api-version.';
  }
  if (model === '')
    return wire.dialect === 'anthropic' ? 'model: Field required' : 'you must provide a model parameter';
  if (operation === 'messages') {
    if (!request.headers['anthropic-version']) return 'anthropic-version: header is required';
    if (typeof body.max_tokens !== 'number') return 'max_tokens: Field required';
  }
  if (operation === 'chat' || operation === 'messages') {
    if (!Array.isArray(body.messages)) return "Missing required parameter: 'messages'.";
    if (body.messages.length === 0) return "Invalid 'messages': empty array. Expected at least one message.";
  }
  if (wire.dialect !== 'anthropic' && isObject(body.stream_options) && body.stream !== true) {
    return "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  }
  if (operation === 'transcriptions' && !isObject(body.file)) return "Missing required parameter: 'file'.";
  if (operation === 'embeddings' && body.input === undefined) return "Missing required parameter: 'input'.";
  return undefined;
}

async function refuse({ reply }: Exchange, status: number, message: string, wire: Wire = openAiWire): Promise<void> {
  if (wire.dialect === 'anthropic') {
    const type = status === 404 ? 'not_found_error' : 'invalid_request_error';
    return reply.json(status, { type: 'error', error: { type, message }, request_id: 'req_fake' });
  }
  await reply.json(status, { error: { message, type: 'invalid_request_error', param: null, code: null } });
}

function replyHeaders({ request }: Exchange, wire: Wire): Readonly<Record<string, string>> {
  const id = `req_fake_${request.number}`;
  if (wire.dialect === 'anthropic') return { 'request-id': id };
  if (wire.dialect === 'azure') return { 'x-request-id': id, 'apim-request-id': id, 'x-ms-region': 'Fake Region' };
  return { 'x-request-id': id, 'openai-processing-ms': '1', 'openai-version': '2020-10-01' };
}

const DEFAULT_MODELS = ['fake-small', 'fake-large', 'fake-embedding'];

async function listModels({ request, reply }: Exchange, models: readonly string[]): Promise<void> {
  const describe = (id: string) => ({ id, object: 'model', created: Date.UTC(2026, 0, 1) / 1000, owned_by: 'fake' });
  const one = /\/models\/(.+)$/.exec(request.path)?.[1];
  await reply.json(200, one ? describe(decodeURIComponent(one)) : { object: 'list', data: models.map(describe) });
}

const DEFAULT_DIMENSIONS = 1536;

function embeddings(body: Record<string, unknown>, model: string): unknown {
  const texts = inputsOf(body.input);
  const dimensions = typeof body.dimensions === 'number' ? body.dimensions : DEFAULT_DIMENSIONS;
  const tokens = texts.reduce((sum, text) => sum + tokensOf(text).length, 0);
  return {
    object: 'list',
    data: texts.map((text, index) => {
      const vector = embed(text, dimensions);
      return { object: 'embedding', index, embedding: body.encoding_format === 'base64' ? base64Of(vector) : vector };
    }),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

// A text, texts, token numbers, or lists of them.
function inputsOf(input: unknown): string[] {
  if (!Array.isArray(input)) return [String(input)];
  if (typeof input[0] === 'number') return [input.join(' ')];
  return input.map((one) => (Array.isArray(one) ? one.join(' ') : String(one)));
}
