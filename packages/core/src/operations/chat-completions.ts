import { isJsonObject } from '../json.js';
import type { UpstreamOperation } from '../operation.js';
import { usageOfAnswer } from '../usage-of-answer.js';
import { chatRecovery } from './chat-recovery.js';
import { checkMessages } from './check-messages.js';
import { chunkStream } from './chunk-stream.js';
import { errorShape } from './error-shape.js';
import { type InputSize, measureInput, needsOf } from './measure-input.js';
import { readCount, readFlag, readModel, readWantsUsage } from './read-fields.js';

/** https://platform.openai.com/docs/api-reference/chat */
export const chatCompletions: UpstreamOperation = {
  kind: 'upstream',
  name: 'chat.completions',
  method: 'POST',
  paths: ['/chat/completions'],
  stream: chunkStream('chat.completion.chunk'),
  errors: errorShape,
  recovery: chatRecovery,

  read(body) {
    const model = readModel(body);
    checkMessages(body.messages);
    const size: InputSize = { characters: 0, attachments: 0 };
    measureInput(body.messages, size, 'messages');
    if (body.tools !== undefined) measureInput(body.tools, size, 'tools');
    if (body.response_format !== undefined) measureInput(body.response_format, size, 'response_format');
    const answers = readCount(body, 'n') || 1;
    const perAnswer = readCount(body, 'max_completion_tokens') ?? readCount(body, 'max_tokens');
    return {
      model,
      stream: readFlag(body, 'stream'),
      wantsUsage: readWantsUsage(body),
      inputCharacters: size.characters,
      inputAttachments: size.attachments,
      maxOutputTokens: perAnswer === undefined ? undefined : perAnswer * answers,
      answers,
      needs: needsOf(size, body.tools, body.response_format),
    };
  },

  usageOf: (answer) => usageOfAnswer(answer.usage),

  outputCharactersOf(answer) {
    if (!Array.isArray(answer.choices)) return 0;
    const size: InputSize = { characters: 0, attachments: 0 };
    for (const choice of answer.choices) if (isJsonObject(choice)) measureInput(choice.message, size, 'choices');
    return size.characters;
  },
};
