import { isJsonObject, type JsonObject } from '../../encoding/json.js';
import type { PartialAnswer, StreamRecovery } from '../../partial-answer.js';

/** Resumes broken streams of chat completions. */
export const chatRecovery: StreamRecovery = {
  follow: () => new ChatSoFar(),
  continueFrom: (request, text) => ({
    ...request,
    // Mistral and DeepSeek need `prefix`; others continue a last message of the assistant.
    messages: [...((request.messages ?? []) as JsonObject[]), { role: 'assistant', content: text, prefix: true }],
  }),
};

interface ToolHead {
  hasArguments: boolean;
}

/** The fields that all chunks of a stream have in common. */
interface Names {
  readonly id: unknown;
  readonly created: unknown;
  readonly model: unknown;
}

class ChatSoFar implements PartialAnswer {
  #names: Names | undefined;
  #text = '';
  /** Whether the text is white space or nothing. To look at all of it for each chunk would cost the square of its length. */
  #isBlank = true;
  /** Reasoning, refusals, annotations: output that cannot be continued. */
  #hasMore = false;
  /** Tool calls by their index. */
  readonly #tools = new Map<unknown, ToolHead>();
  /** Later attempts must not open the same blocks again. */
  #isLater = false;

  append(json: string): string | undefined {
    const chunk: unknown = JSON.parse(json);
    if (!isJsonObject(chunk)) return json;
    const choices = Array.isArray(chunk.choices) ? (chunk.choices as unknown[]).filter(isJsonObject) : [];
    if (this.#isLater) return this.#appendLater(chunk, choices);
    this.#names ??= { id: chunk.id, created: chunk.created, model: chunk.model };
    for (const { delta } of choices) if (isJsonObject(delta)) this.#follow(delta);
    return json;
  }

  get mayRestart(): boolean {
    if (this.#hasMore || !this.#isBlank) return false;
    return [...this.#tools.values()].every(({ hasArguments }) => !hasArguments);
  }

  get text(): string | undefined {
    return this.#hasMore || this.#tools.size > 0 || this.#isBlank ? undefined : this.#text;
  }

  fork(): PartialAnswer {
    const fork = new ChatSoFar();
    fork.#names = this.#names;
    fork.#text = this.#text;
    fork.#isBlank = this.#isBlank;
    fork.#hasMore = this.#hasMore;
    for (const [index, head] of this.#tools) fork.#tools.set(index, { ...head });
    fork.#isLater = true;
    return fork;
  }

  #appendLater(chunk: JsonObject, choices: readonly JsonObject[]): string | undefined {
    let says = choices.length === 0;
    const reported = choices.map((choice) => {
      if (!isJsonObject(choice.delta)) return choice;
      const { role: _opening, ...delta } = choice.delta;
      if (Array.isArray(delta.tool_calls)) delta.tool_calls = this.#withoutHeads(delta.tool_calls as unknown[]);
      if (Array.isArray(delta.tool_calls) && delta.tool_calls.length === 0) delete delta.tool_calls;
      // Models often begin with a line break; the client already has one.
      if (this.#isBlank && this.#text !== '' && delta.content === this.#text) delete delta.content;
      this.#follow(delta);
      says ||= Object.values(delta).some((value) => value !== '' && value !== null) || Boolean(choice.finish_reason);
      return { ...choice, delta };
    });
    return says ? JSON.stringify({ ...chunk, ...this.#names, choices: reported }) : undefined;
  }

  /** The rest of a call whose beginning the client has; a second name and id would start a new call. */
  #withoutHeads(calls: readonly unknown[]): unknown[] {
    return calls.flatMap((call) => {
      if (!isJsonObject(call) || !this.#tools.has(call.index)) return [call];
      const given = isJsonObject(call.function) ? call.function.arguments : undefined;
      return given === undefined || given === '' ? [] : [{ index: call.index, function: { arguments: given } }];
    });
  }

  #follow({ role: _opening, content, tool_calls: calls, ...others }: JsonObject): void {
    if (typeof content === 'string') {
      this.#text += content;
      this.#isBlank &&= content.trim() === '';
    }
    if (Array.isArray(calls)) for (const call of calls as unknown[]) if (isJsonObject(call)) this.#followCall(call);
    if (Object.values(others).some((value) => value !== undefined && value !== null && value !== '')) {
      this.#hasMore = true;
    }
  }

  #followCall({ index, function: reported }: JsonObject): void {
    const given = isJsonObject(reported) ? reported.arguments : undefined;
    const head = this.#tools.get(index) ?? { hasArguments: false };
    if (typeof given === 'string' && given !== '') head.hasArguments = true;
    this.#tools.set(index, head);
  }
}
