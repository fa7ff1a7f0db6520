import type {
  LanguageModelV3FinishReason,
  LanguageModelV3StreamPart,
  LanguageModelV3ToolCall,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';
import type { JsonObject } from '@portico/core';
import { type AnswerHead, annotationToChat, callToChat, imageToChat, isClients } from './answer-to-chat.js';
import { finishToChat } from './finish-to-chat.js';
import type { Teller } from './pulled-bytes.js';
import { keptThoughts, type Thought } from './reasoning.js';
import { sentencesOf, WARNING } from './telling-warnings.js';
import { usageToChat } from './usage-to-chat.js';

/** Tells the parts of a model's stream as events of a chat completion. Only the part that says why it ended completes one. */
export class StreamToChat implements Teller<LanguageModelV3StreamPart> {
  #head: AnswerHead;
  #hasBegun = false;
  readonly #thoughts = new Map<string, Thought>();
  /** The client's calls by their ids: their place, and whether any of the arguments was told. */
  readonly #calls = new Map<string, { readonly index: number; isTold: boolean }>();

  constructor(head: AnswerHead) {
    this.#head = head;
  }

  tell(part: LanguageModelV3StreamPart): string {
    switch (part.type) {
      case 'stream-start':
        return sentencesOf(part.warnings)
          .map((sentence) => `event: ${WARNING}\ndata: ${sentence}\n\n`)
          .join('');
      case 'response-metadata':
        this.#head = { ...this.#head, ...(part.id && { id: part.id }), ...(part.modelId && { model: part.modelId }) };
        return '';
      case 'text-delta':
        return part.delta === '' ? '' : this.#delta({ content: part.delta });
      case 'reasoning-start':
        this.#think(part.id, '', part.providerMetadata);
        return '';
      case 'reasoning-delta':
        this.#think(part.id, part.delta, part.providerMetadata);
        return part.delta === '' ? '' : this.#delta({ reasoning_content: part.delta });
      case 'reasoning-end':
        this.#think(part.id, '', part.providerMetadata);
        return '';
      case 'tool-input-start':
        return isClients(part) ? this.#begin(part.id, part.toolName) : '';
      case 'tool-input-delta':
        return this.#input(part.id, part.delta);
      case 'tool-call':
        return isClients(part) ? this.#call(part) : '';
      case 'file': {
        const images = imageToChat(part);
        return images.length === 0 ? '' : this.#delta({ images });
      }
      case 'source': {
        const annotations = annotationToChat(part);
        return annotations.length === 0 ? '' : this.#delta({ annotations });
      }
      case 'finish':
        return this.#finish(part.finishReason, part.usage);
      case 'error':
        throw part.error;
      default:
        return '';
    }
  }

  /** What must come back is told by any of a thought's parts, a signature by its last. */
  #think(id: string, text: string, metadata: SharedV3ProviderMetadata | undefined): void {
    const thought = this.#thoughts.get(id) ?? { text: '', metadata: undefined };
    this.#thoughts.set(id, thought);
    thought.text += text;
    for (const [vendor, fields] of Object.entries(metadata ?? {})) {
      thought.metadata = { ...thought.metadata, [vendor]: { ...thought.metadata?.[vendor], ...fields } };
    }
  }

  #begin(id: string, name: string): string {
    const index = this.#calls.size;
    this.#calls.set(id, { index, isTold: false });
    return this.#delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
  }

  #input(id: string, delta: string): string {
    const call = this.#calls.get(id);
    if (call === undefined || delta === '') return '';
    call.isTold = true;
    return this.#delta({ tool_calls: [{ index: call.index, function: { arguments: delta } }] });
  }

  /** The whole call, of which the client may have the arguments already. */
  #call(part: LanguageModelV3ToolCall): string {
    const told = callToChat(part);
    const known = this.#calls.get(part.toolCallId);
    const { index } = known ?? { index: this.#calls.size };
    if (known === undefined) {
      this.#calls.set(part.toolCallId, { index, isTold: true });
      return this.#delta({ tool_calls: [{ index, ...told }] });
    }
    const { provider_specific_fields: kept } = told;
    const rest = {
      ...(!known.isTold && part.input !== '' && { function: { arguments: part.input } }),
      ...(kept !== undefined && { provider_specific_fields: kept }),
    };
    known.isTold = true;
    return Object.keys(rest).length === 0 ? '' : this.#delta({ tool_calls: [{ index, ...rest }] });
  }

  #finish(reason: LanguageModelV3FinishReason, usage: LanguageModelV3Usage): string {
    const finish = finishToChat(reason, this.#calls.size > 0);
    const counted = usageToChat(usage);
    const last = this.#event([{ index: 0, delta: keptThoughts([...this.#thoughts.values()]), finish_reason: finish }]);
    return `${last}${counted ? this.#event([], { usage: counted }) : ''}data: [DONE]\n\n`;
  }

  #delta(delta: JsonObject): string {
    const told = this.#hasBegun ? delta : { role: 'assistant', ...delta };
    this.#hasBegun = true;
    return this.#event([{ index: 0, delta: told, finish_reason: null }]);
  }

  #event(choices: readonly JsonObject[], more: JsonObject = {}): string {
    const { id, created, model } = this.#head;
    return `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices, ...more })}\n\n`;
  }
}
