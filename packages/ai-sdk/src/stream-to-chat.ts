import type {
  LanguageModelV3FinishReason,
  LanguageModelV3StreamPart,
  LanguageModelV3ToolCall,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';
import type { JsonObject } from '@portico/core';
import { type AnswerHead, annotationToChat, callToChat, imageToChat, isClients } from './answer-to-chat.js';
import { sentencesOf, WARNING } from './collect-warnings.js';
import { finishToChat } from './finish-to-chat.js';
import type { PartEncoder } from './pulled-bytes.js';
import { replayedThoughts, type Thought } from './reasoning.js';
import { usageToChat } from './usage-to-chat.js';

/**
 * Translates the parts of a model's stream to events of a chat completion. Only the part with the finish reason
 * completes one.
 */
export class StreamToChat implements PartEncoder<LanguageModelV3StreamPart> {
  #head: AnswerHead;
  #hasBegun = false;
  readonly #thoughts = new Map<string, Thought>();
  /** The client's calls by id: their index, and whether any of the arguments was sent. */
  readonly #calls = new Map<string, { readonly index: number; isSent: boolean }>();

  constructor(head: AnswerHead) {
    this.#head = head;
  }

  encode(part: LanguageModelV3StreamPart): string {
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

  /** The data that must come back may be in any part of a thought, a signature in its last one. */
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
    this.#calls.set(id, { index, isSent: false });
    return this.#delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
  }

  #input(id: string, delta: string): string {
    const call = this.#calls.get(id);
    if (call === undefined || delta === '') return '';
    call.isSent = true;
    return this.#delta({ tool_calls: [{ index: call.index, function: { arguments: delta } }] });
  }

  /** The complete call, of which the client may already have the arguments. */
  #call(part: LanguageModelV3ToolCall): string {
    const told = callToChat(part);
    const known = this.#calls.get(part.toolCallId);
    const { index } = known ?? { index: this.#calls.size };
    if (known === undefined) {
      this.#calls.set(part.toolCallId, { index, isSent: true });
      return this.#delta({ tool_calls: [{ index, ...told }] });
    }
    const { provider_specific_fields: kept } = told;
    const rest = {
      ...(!known.isSent && part.input !== '' && { function: { arguments: part.input } }),
      ...(kept !== undefined && { provider_specific_fields: kept }),
    };
    known.isSent = true;
    return Object.keys(rest).length === 0 ? '' : this.#delta({ tool_calls: [{ index, ...rest }] });
  }

  #finish(reason: LanguageModelV3FinishReason, usage: LanguageModelV3Usage): string {
    const finish = finishToChat(reason, this.#calls.size > 0);
    const counted = usageToChat(usage);
    const last = this.#event([
      { index: 0, delta: replayedThoughts([...this.#thoughts.values()]), finish_reason: finish },
    ]);
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
