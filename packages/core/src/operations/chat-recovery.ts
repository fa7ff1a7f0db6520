import { isJsonObject, type JsonObject } from '../json.js';
import type { SaidSoFar, StreamRecovery } from '../recovery.js';

/** Broken streams of chat completions. */
export const chatRecovery: StreamRecovery = {
  follow: () => new ChatSoFar(),
  goOn: (request, text) => ({
    ...request,
    // `prefix` is how those say it who want it said (Mistral, DeepSeek); others go on from a last message of the assistant.
    messages: [...((request.messages ?? []) as JsonObject[]), { role: 'assistant', content: text, prefix: true }],
  }),
};

interface ToolHead {
  hasArguments: boolean;
}

/** What all chunks of a stream say alike. */
interface Names {
  readonly id: unknown;
  readonly created: unknown;
  readonly model: unknown;
}

class ChatSoFar implements SaidSoFar {
  #names: Names | undefined;
  #text = '';
  /** Whether the text is white space or nothing. To look at all of it for each chunk would cost the square of its length. */
  #isBlank = true;
  /** Reasoning, refusals, annotations: what cannot be taken up. */
  #saidMore = false;
  /** Tool calls by their index. */
  readonly #tools = new Map<unknown, ToolHead>();
  /** Later attempts must not open what is open. */
  #isLater = false;

  tell(json: string): string | undefined {
    const chunk: unknown = JSON.parse(json);
    if (!isJsonObject(chunk)) return json;
    const choices = Array.isArray(chunk.choices) ? (chunk.choices as unknown[]).filter(isJsonObject) : [];
    if (this.#isLater) return this.#tellLater(chunk, choices);
    this.#names ??= { id: chunk.id, created: chunk.created, model: chunk.model };
    for (const { delta } of choices) if (isJsonObject(delta)) this.#follow(delta);
    return json;
  }

  get mayRestart(): boolean {
    if (this.#saidMore || !this.#isBlank) return false;
    return [...this.#tools.values()].every(({ hasArguments }) => !hasArguments);
  }

  get text(): string | undefined {
    return this.#saidMore || this.#tools.size > 0 || this.#isBlank ? undefined : this.#text;
  }

  fork(): SaidSoFar {
    const fork = new ChatSoFar();
    fork.#names = this.#names;
    fork.#text = this.#text;
    fork.#isBlank = this.#isBlank;
    fork.#saidMore = this.#saidMore;
    for (const [index, head] of this.#tools) fork.#tools.set(index, { ...head });
    fork.#isLater = true;
    return fork;
  }

  #tellLater(chunk: JsonObject, choices: readonly JsonObject[]): string | undefined {
    let says = choices.length === 0;
    const told = choices.map((choice) => {
      if (!isJsonObject(choice.delta)) return choice;
      const { role: _opening, ...delta } = choice.delta;
      if (Array.isArray(delta.tool_calls)) delta.tool_calls = this.#withoutHeads(delta.tool_calls as unknown[]);
      if (Array.isArray(delta.tool_calls) && delta.tool_calls.length === 0) delete delta.tool_calls;
      // Models like to begin with a line break; the client has had one.
      if (this.#isBlank && this.#text !== '' && delta.content === this.#text) delete delta.content;
      this.#follow(delta);
      says ||= Object.values(delta).some((value) => value !== '' && value !== null) || Boolean(choice.finish_reason);
      return { ...choice, delta };
    });
    return says ? JSON.stringify({ ...chunk, ...this.#names, choices: told }) : undefined;
  }

  /** A call whose head the client has goes on under that; its own name and id would be a second one. */
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
      this.#saidMore = true;
    }
  }

  #followCall({ index, function: told }: JsonObject): void {
    const given = isJsonObject(told) ? told.arguments : undefined;
    const head = this.#tools.get(index) ?? { hasArguments: false };
    if (typeof given === 'string' && given !== '') head.hasArguments = true;
    this.#tools.set(index, head);
  }
}
