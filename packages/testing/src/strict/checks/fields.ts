import { isObject } from '../../answers/json-object.js';
import { plain, withField } from '../examples.js';
import { type Place, placesOf } from '../json-places.js';
import type { Complaint, ExampleOf, ReadRequest, StrictRule } from '../strict-rule.js';

/** How a vendor complains about what stands at a place. */
export type Say = (place: Place, request: ReadRequest) => Complaint;

/** What most rules may say beside their own facts. */
export interface RuleOptions {
  /** Where it is known from. */
  readonly source: string;
  /** Only for such requests, such as those to some models. */
  readonly when?: (request: ReadRequest) => boolean;
  /** Tells two rules about the same place apart. */
  readonly tag?: string;
  readonly refused?: ExampleOf;
  readonly accepted?: ExampleOf;
}

/** Refuses every field of these objects but the named ones. */
export function onlyFields(at: string, names: readonly string[], say: Say, options: RuleOptions): StrictRule {
  const known = new Set(names);
  const where = at === '' ? 'the body' : `\`${at}\``;
  const dot = at === '' ? '' : '.';
  return rule(`fields of ${at || 'the body'}`, `fields of ${where} that are not known`, options, {
    refused: withField(`${at}${dot}not_a_field`, true),
    check: (request) => {
      for (const { path, value } of placesOf(request.body, at)) {
        if (!isObject(value)) continue;
        const unknown = Object.keys(value).find((key) => value[key] !== undefined && !known.has(key));
        if (unknown !== undefined) return say({ path: [...path, unknown], value: value[unknown] }, request);
      }
      return undefined;
    },
  });
}

/** Refuses a field wherever it stands. The example sets it to `sample`. */
export function noField(at: string, sample: unknown, say: Say, options: RuleOptions): StrictRule {
  return noValue(at, () => true, `\`${at}\``, say, { refused: withField(at, sample), ...options });
}

/** Refuses what stands at a place when it is wrong; `refuses` says which values are. Needs its own examples. */
export function noValue(
  at: string,
  isWrong: (value: unknown, request: ReadRequest) => boolean,
  refuses: string,
  say: Say,
  options: RuleOptions,
): StrictRule {
  return rule(at || 'the body', refuses, options, {
    check: (request) => {
      const wrong = placesOf(request.body, at).find(({ value }) => isWrong(value, request));
      return wrong && say(wrong, request);
    },
  });
}

/** Refuses every value at a place but these. */
export function onlyValues(at: string, values: readonly unknown[], say: Say, options: RuleOptions): StrictRule {
  return noValue(
    at,
    (value) => value !== null && !values.includes(value),
    `\`${at}\` other than ${values.map((value) => `\`${String(value)}\``).join(', ')}`,
    say,
    { refused: withField(at, 'another'), accepted: withField(at, values[0]), ...options },
  );
}

/** Refuses numbers outside a range. */
export function inRange(at: string, least: number, most: number, say: Say, options: RuleOptions): StrictRule {
  return noValue(
    at,
    (value) => typeof value === 'number' && (value < least || value > most),
    Number.isFinite(most) ? `\`${at}\` outside ${least} to ${most}` : `\`${at}\` below ${least}`,
    say,
    {
      refused: withField(at, Number.isFinite(most) ? most + 1 : least - 1),
      accepted: withField(at, least),
      ...options,
    },
  );
}

/** Refuses lists and texts that are too long. */
export function atMost(at: string, most: number, sample: unknown, say: Say, options: RuleOptions): StrictRule {
  const filled = (length: number) =>
    typeof sample === 'string' ? sample.repeat(length) : Array.from({ length }, () => sample);
  return noValue(
    at,
    (value) => (Array.isArray(value) || typeof value === 'string') && value.length > most,
    `\`${at}\` longer than ${most}`,
    say,
    { refused: withField(at, filled(most + 1)), accepted: withField(at, filled(most)), ...options },
  );
}

/** Refuses empty lists, or empty texts: whichever `empty` is. */
export function notEmpty(at: string, empty: unknown, say: Say, options: RuleOptions): StrictRule {
  return noValue(
    at,
    (value) => (Array.isArray(empty) ? Array.isArray(value) && value.length === 0 : value === empty),
    `an empty \`${at}\``,
    say,
    { refused: withField(at, empty), tag: 'empty', ...options },
  );
}

/** Refuses texts of another form. */
export function mustMatch(at: string, form: RegExp, bad: string, say: Say, options: RuleOptions): StrictRule {
  return noValue(
    at,
    (value) => typeof value === 'string' && !form.test(value),
    `\`${at}\` that does not match \`${form.source}\``,
    say,
    { refused: withField(at, bad), tag: 'form', ...options },
  );
}

/** Refuses a request without a field. */
export function needsField(at: string, say: () => Complaint, options: RuleOptions): StrictRule {
  return rule(`missing ${at}`, `a request without \`${at}\``, options, {
    refused: withField(at, undefined),
    check: ({ body }) => (placesOf(body, at).length === 0 ? say() : undefined),
  });
}

/** Any other rule. */
export function rule(
  id: string,
  refuses: string,
  { source, when, tag, refused, accepted }: RuleOptions,
  own: { readonly check: StrictRule['check']; readonly refused?: ExampleOf; readonly accepted?: ExampleOf },
): StrictRule {
  const bad = refused ?? own.refused;
  if (bad === undefined) throw new Error(`The rule ${id} has no example.`);
  return {
    id: tag === undefined ? id : `${id} (${tag})`,
    refuses,
    source,
    refused: bad,
    accepted: accepted ?? own.accepted ?? plain,
    check: (request) => (when === undefined || when(request) ? own.check(request) : undefined),
  };
}
