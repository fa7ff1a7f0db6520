import type { EmbeddingModelV3, LanguageModelV3 } from '@ai-sdk/provider';
import type { JsonObject, Provider, Send, UpstreamReply, UpstreamRequest } from '@portico/core';
import type { AiSdkModels } from './ai-sdk-provider.js';
import { answerToChat } from './answer-to-chat.js';
import { embed } from './embed.js';
import { failureOf } from './failure-of.js';
import { optionsFromChat } from './options-from-chat.js';
import { PulledBytes, wholeBody } from './pulled-bytes.js';
import { StreamToChat } from './stream-to-chat.js';

/** Answers in OpenAI's wire by calling a model. */
export function answerCalls(models: AiSdkModels, id: string, classify: Provider['classify']): Send {
  // Both versions of the interface take what is said to them here; where their answers differ, both are read.
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
    const asked = JSON.parse(body as string) as JsonObject; // what the codec made, by way of core
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

/** What the deployment and interceptors say beside the body; how the body is spelled is the model's own affair. */
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

/** A model need not heed the signal for the attempt to end in time. */
function untilCancelled(reply: Promise<UpstreamReply>, { cancellation }: UpstreamRequest): Promise<UpstreamReply> {
  return new Promise((resolve, reject) => {
    const forget = cancellation.onCancel((reason) => {
      reject(reason);
      // What comes after all is nobody's.
      reply.then(
        (late) => late.body.cancel(reason),
        () => undefined,
      );
    });
    reply.then(resolve, reject).finally(forget);
  });
}
