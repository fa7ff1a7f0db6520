import { isJsonObject, type JsonObject } from '@portico/core';

/**
 * Arguments of a call that arrive in pieces, each with its path (`$.recipe.steps[2]`, RFC 9535). A piece that does
 * not fit makes the whole unreadable: half a call must not look like a complete one.
 */
export class PartialArguments {
  readonly #root: JsonObject = {};
  /** A piece did not fit. */
  isBroken = false;

  /** Adds the pieces of one frame. */
  add(pieces: unknown): void {
    if (!Array.isArray(pieces)) return;
    for (const piece of pieces as unknown[]) if (!isJsonObject(piece) || !this.#place(piece)) this.isBroken = true;
  }

  get whole(): JsonObject {
    return this.#root;
  }

  #place(piece: JsonObject): boolean {
    const steps = stepsOf(piece.jsonPath);
    const last = steps?.pop();
    if (steps === undefined || last === undefined) return false;
    let holder: Holder = this.#root;
    for (const [index, step] of steps.entries()) {
      const inner: Holder = typeof (steps[index + 1] ?? last) === 'number' ? [] : {};
      const found = holderAt(holder, step, inner);
      if (found === undefined) return false;
      holder = found;
    }
    return put(holder, last, piece);
  }
}

type Holder = JsonObject | unknown[];
type Step = string | number;

/** Longer lists are not streamed element by element. */
const MOST_ITEMS = 10_000;

function stepsOf(path: unknown): Step[] | undefined {
  if (typeof path !== 'string' || !path.startsWith('$')) return undefined;
  const steps: Step[] = [];
  const pattern = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/gy;
  pattern.lastIndex = 1;
  while (pattern.lastIndex < path.length) {
    const found = pattern.exec(path);
    if (found === null) return undefined;
    const [, name, index, quoted, doublyQuoted] = found;
    steps.push(index === undefined ? (name ?? unescaped(quoted ?? doublyQuoted ?? '')) : Number(index));
  }
  return steps;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1');
}

function holderAt(holder: Holder, step: Step, fresh: Holder): Holder | undefined {
  const found = read(holder, step);
  if (found === undefined) return write(holder, step, fresh) ? fresh : undefined;
  return Array.isArray(found) || isJsonObject(found) ? found : undefined;
}

function put(holder: Holder, step: Step, piece: JsonObject): boolean {
  const { stringValue, numberValue, boolValue } = piece;
  if (typeof stringValue === 'string') {
    const before = read(holder, step);
    return write(holder, step, typeof before === 'string' ? before + stringValue : stringValue);
  }
  if (typeof numberValue === 'number') return write(holder, step, numberValue);
  if (typeof boolValue === 'boolean') return write(holder, step, boolValue);
  return 'nullValue' in piece && write(holder, step, null);
}

function read(holder: Holder, step: Step): unknown {
  if (Array.isArray(holder)) return typeof step === 'number' ? holder[step] : undefined;
  return Object.hasOwn(holder, step) ? holder[step] : undefined;
}

function write(holder: Holder, step: Step, value: unknown): boolean {
  if (!Array.isArray(holder)) {
    // As `JSON.parse` does: `__proto__` is an ordinary name here.
    Object.defineProperty(holder, step, { value, enumerable: true, writable: true, configurable: true });
    return true;
  }
  if (typeof step !== 'number' || step > Math.min(holder.length, MOST_ITEMS)) return false;
  holder[step] = value;
  return true;
}
