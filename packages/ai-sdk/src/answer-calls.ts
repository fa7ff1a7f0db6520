import type { EmbeddingModelV3, LanguageModelV3 } from '@ai-sdk/provider';
import type { JsonObject } from '@portico/core';
import type { Provider, Send, UpstreamReply, UpstreamRequest } from '@portico/core/provider';
import type { AiSdkModels } from './ai-sdk-provider.js';
import { answerToChat } from './answer-to-chat.js';
import { embed } from './embed.js';
import { failureOf } from './failure-of.js';
import { optionsFromChat } from './options-from-chat.js';
import { PulledBytes, wholeBody } from './pulled-bytes.js';
import { StreamToChat } from './stream-to-chat.js';

/** Answers in OpenAI's format by calling a model. */
export function answerCalls(models: AiSdkModels, id: string, classify: Provider['classify']): Send {
  // Both versions of the interface accept these parameters; where their results differ, both are read.
  const languageModel = once(() => models.languageModel?.(id) as LanguageModelV3);
  const embeddingModel = once(() => models.embeddingModel?.(id) as EmbeddingModelV3);

  return async (request) => {
    try {
      return await untilCancelled(answer(request), request);
    } catch (error) {
      throw request.cancellation.cancelled ? request.cancellation.reason : failureOf(error, classify);
    }
  };

  async function answer({ path, body, headers, cancellation, attempt }: UpstreamRequest): Promise<UpstreamReply> {
    const asked = JSON.parse(body as string) as JsonObject; // what the codec made, passed through core
    const around = { abortSignal: cancellation.signal, headers: headersBeyond(headers) };
    if (path === '/embeddings') return json(await embed(embeddingModel(), asked, around));
    const model = languageModel();
    const options = optionsFromChat(asked, model.provider, models.providerOptions?.(asked, id));
    const head = { id: `chatcmpl-${attempt.callId}`, created: Math.floor(Date.now() / 1000), model: id };
    if (asked.stream !== true) return json(answerToChat(await model.doGenerate({ ...options, ...around }), head));
    const { stream } = await model.doStream({ ...options, ...around });
    const bytes = new PulledBytes(stream, new StreamToChat(head), (error) => failureOf(error, classify));
    return { status: 200, headers: headersOf('text/event-stream'), body: bytes };
  }
}

function json(value: JsonObject): UpstreamReply {
  return { status: 200, headers: headersOf('application/json'), body: wholeBody(JSON.stringify(value)) };
}

function headersOf(type: string): UpstreamReply['headers'] {
  return { get: (name) => (name === 'content-type' ? type : undefined) };
}

/** The headers of the deployment and of interceptors; the format of the body is the model's own matter. */
function headersBeyond(headers: UpstreamRequest['headers']): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => name !== 'content-type' && name !== 'user-agent');
  return Object.fromEntries(own);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The attempt ends in time even if a model ignores the signal. */
function untilCancelled(reply: Promise<UpstreamReply>, { cancellation }: UpstreamRequest): Promise<UpstreamReply> {
  return new Promise((resolve, reject) => {
    const forget = cancellation.onCancel((reason) => {
      reject(reason);
      // A result that arrives after that is discarded.
      reply.then(
        (late) => late.body.cancel(reason),
        () => undefined,
      );
    });
    reply.then(resolve, reject).finally(forget);
  });
}
