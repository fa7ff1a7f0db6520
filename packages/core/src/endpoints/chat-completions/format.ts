import { chunkStream } from '../../encoding/chunk-stream.js';
import { isJsonObject } from '../../encoding/json.js';
import { readCount, readFlag, readModel, readWantsUsage } from '../../encoding/read-fields.js';
import type { UpstreamOperation } from '../../operation.js';
import { usageOfAnswer } from '../../usage/usage-of-answer.js';
import { checkMessages } from '../shared/check-messages.js';
import { errorFormat } from '../shared/error-format.js';
import { type InputSize, measureInput, requiredCapabilitiesOf } from '../shared/measure-input.js';
import { chatRecovery } from './resume.js';

/** https://platform.openai.com/docs/api-reference/chat */
export const chatCompletions: UpstreamOperation = {
  kind: 'upstream',
  name: 'chat.completions',
  method: 'POST',
  paths: ['/chat/completions'],
  stream: chunkStream('chat.completion.chunk'),
  errors: errorFormat,
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
      requiredCapabilities: requiredCapabilitiesOf(size, body.tools, body.response_format),
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
