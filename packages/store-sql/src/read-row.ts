// What drivers answer is not what was kept: Postgres tells large numbers as text, or as whatever the host has set its
// parsers to; SQLite knows no booleans.

export function toNumber(value: unknown): number {
  return Number(value);
}

export function toOptionalNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

export function toFlag(value: unknown): boolean {
  return value === true || value === 1;
}

export function toOptional<Text extends string>(value: Text | null): Text | undefined {
  return value ?? undefined;
}

/** Undefined for null. The type is what was kept. */
export function fromJson<Value>(text: string | null): Value | undefined {
  return text === null ? undefined : (JSON.parse(text) as Value);
}

/** Null for undefined and null. */
export function toJson(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
