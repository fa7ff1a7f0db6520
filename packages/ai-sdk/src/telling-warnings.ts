import type { Codec, JsonObject } from '@portico/core';

/** The event under which a stream tells what the model left out, and the field that does in a whole answer. */
export const WARNING = 'ai-sdk-warning';

/** Takes what a model says it left out of its answer, and shows it where the gateway shows such things. */
export function tellingWarnings(codec: Codec): Codec {
  return {
    ...codec,
    decode(answer, target, request) {
      const { [WARNING]: warnings, ...rest } = answer as JsonObject & { [WARNING]?: readonly string[] };
      for (const warning of warnings ?? []) target.warn(warning);
      return codec.decode?.(rest, target, request) ?? rest;
    },
    openStream(target, request) {
      const decoder = codec.openStream(target, request);
      return {
        event: (data, name, out) => (name === WARNING ? target.warn(data) : decoder.event(data, name, out)),
        end: (out) => decoder.end(out),
      };
    },
  };
}

/** The AI SDK's warnings as sentences. */
export function sentencesOf(warnings: readonly unknown[]): string[] {
  return (warnings as readonly Warning[]).map(({ message, feature, setting, type, details }) => {
    if (message !== undefined) return oneLine(message);
    const what = feature ?? setting ?? 'something';
    return oneLine(`"${what}" is ${type === 'compatibility' ? 'only imitated' : 'not supported'}. ${details ?? ''}`);
  });
}

/** Of both versions of the interface. */
interface Warning {
  readonly type: string;
  readonly message?: string;
  readonly feature?: string;
  readonly setting?: string;
  readonly details?: string;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}
