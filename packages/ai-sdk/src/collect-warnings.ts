import type { JsonObject } from '@portico/core';
import type { Codec } from '@portico/core/provider';

/** The event and the field in which a model's warnings are passed to the gateway. */
export const WARNING = 'ai-sdk-warning';

/** Removes a model's warnings from its answer, and shows them in the gateway's metadata. */
export function collectWarnings(codec: Codec): Codec {
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
