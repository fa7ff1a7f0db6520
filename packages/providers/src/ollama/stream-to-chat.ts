import { isJsonObject, type JsonObject } from '@portico/core';
import type { EncodeTarget, StreamDecoder, StreamSink } from '@portico/core/provider';
import { ChatChunks } from '../shared/chat-chunks.js';
import { callsToChat, finishToChat, idOf, logprobsToChat, usageToChat } from './answer-to-chat.js';
import { LinesDecoder } from './lines-decoder.js';

/** Translates the lines of `/api/chat` to chunks of a chat completion. */
export function createChatStream(target: EncodeTarget): StreamDecoder {
  const chunks = new ChatChunks();
  return new LinesDecoder({
    line(line, out) {
      chunks.begin({ id: idOf(line, target), created: target.createdAt, model: line.model ?? target.model }, out);
      const { message, logprobs } = line;
      if (isJsonObject(message)) emit(message, idOf(line, target), chunks, out);
      const told = logprobsToChat(logprobs);
      if (told !== null) chunks.logprobs(told, out);
    },
    end(line, out) {
      chunks.usage(usageToChat(line), out);
      chunks.finish(finishToChat(line.done_reason, chunks.calls > 0), out);
    },
  });
}

function emit(message: JsonObject, answerId: string, chunks: ChatChunks, out: StreamSink): void {
  if (typeof message.thinking === 'string') chunks.reasoning(message.thinking, out);
  if (typeof message.content === 'string') chunks.text(message.content, out);
  for (const { id, function: called } of callsToChat(message.tool_calls, answerId, chunks.calls)) {
    chunks.call(id, called.name, called.arguments, out);
  }
}
