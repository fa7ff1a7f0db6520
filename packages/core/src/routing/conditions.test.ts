import { describe, expect, it } from 'vitest';
import type { Call } from '../call.js';
import type { Condition } from '../settings/condition.js';
import { holds } from './conditions.js';

/** A Wednesday. */
const NOON = Date.UTC(2026, 5, 3, 12);

const CALL = {
  principal: { id: 'ada', team: 'lab', tags: ['staff'], metadata: { plan: 'pro', seats: 12 } },
  tags: ['staff', 'beta'],
  body: {
    metadata: { task: 'summary' },
    tools: [{ type: 'function' }],
    temperature: 0.2,
    stop: ['a', 'b'],
    nothing: null,
  },
  operation: { name: 'chat.completions' },
  summary: { stream: true, inputCharacters: 4_000 },
  headers: { get: (name: string) => ({ 'x-plan': 'pro', 'user-agent': 'claude-cli/2.1' })[name] },
} as unknown as Call; // all that conditions read

describe('a condition', () => {
  it.each<[string, Condition, boolean]>([
    ['of nothing', {}, true],
    ['on the team', { principal: { team: 'lab' } }, true],
    ['on another team', { principal: { team: ['ops', 'sales'] } }, false],
    ['on a tag of the principal', { principal: { tags: 'staff' } }, true],
    ['on metadata', { principal: { metadata: { plan: 'pro', seats: { above: 10, below: 20 } } } }, true],
    [
      'on metadata of which one does not fit',
      { principal: { metadata: { plan: 'pro', seats: { above: 12 } } } },
      false,
    ],
    ['on a tag of the call', { tags: ['beta', 'gamma'] }, true],
    ['on a header, in whatever case', { headers: { 'X-Plan': 'pro' } }, true],
    ['on the beginning of a header', { headers: { 'user-agent': { startsWith: 'claude-cli/' } } }, true],
    ['on a field of the body', { body: { 'metadata.task': 'summary' } }, true],
    ['on a field in a list', { body: { 'tools[0].type': 'function' } }, true],
    ['on what a list holds', { body: { stop: { contains: 'b' } } }, true],
    ['on a number', { body: { temperature: { below: 0.5 } } }, true],
    ['on the operation', { operation: ['messages', 'chat.completions'] }, true],
    ['on the stream', { stream: false }, false],
    ['on the length', { inputTokens: { above: 999, below: 1_001 } }, true],
    ['of several, all true', { principal: { id: 'ada' }, tags: 'beta', stream: true }, true],
    ['of several, one not true', { principal: { id: 'ada' }, tags: 'gamma', stream: true }, false],
    ['that something is not', { body: { temperature: { not: [0, 1] } } }, true],
  ])('%s', (_what, condition, expected) => {
    expect(holds(condition, CALL, NOON)).toBe(expected);
  });

  it.each<[string, Condition]>([
    ['a field', { body: { 'metadata.missing': 'x' } }],
    ['a field below a text', { body: { 'metadata.task.deeper[3]': 'x' } }],
    ['a field that is null', { body: { nothing: { not: 'x' } } }],
    ['a field that objects inherit', { body: { 'constructor.name': 'Object' } }],
    ['a header', { headers: { 'x-missing': { not: 'x' } } }],
    ['metadata', { principal: { metadata: { missing: { below: 3 } } } }],
    ['metadata that objects inherit', { principal: { metadata: { toString: { exists: true } } } }],
  ])('on %s that is not there is false, and no crash', (_what, condition) => {
    expect(holds(condition, CALL, NOON)).toBe(false);
  });

  it('may ask whether something is there', () => {
    expect(holds({ body: { tools: { exists: true }, missing: { exists: false } } }, CALL, NOON)).toBe(true);
    expect(holds({ body: { tools: { exists: false } } }, CALL, NOON)).toBe(false);
  });

  it.each<[string, NonNullable<Condition['time']>, string, boolean]>([
    ['by day', { from: '08:00', to: '18:00' }, '2026-06-03T08:00Z', true],
    ['until, and not at, its end', { from: '08:00', to: '18:00' }, '2026-06-03T18:00Z', false],
    ['at night, before midnight', { from: '22:00', to: '06:00' }, '2026-06-03T23:30Z', true],
    ['at night, after midnight', { from: '22:00', to: '06:00' }, '2026-06-04T05:59Z', true],
    ['at night, by day', { from: '22:00', to: '06:00' }, '2026-06-04T12:00Z', false],
    ['on weekdays, on one', { days: ['mon', 'tue', 'wed', 'thu', 'fri'] }, '2026-06-03T00:00Z', true],
    ['on weekdays, on Saturday', { days: ['mon', 'tue', 'wed', 'thu', 'fri'] }, '2026-06-06T12:00Z', false],
    [
      "in Friday's night, on Saturday morning",
      { from: '22:00', to: '06:00', days: ['fri'] },
      '2026-06-06T03:00Z',
      true,
    ],
    ["in Friday's night, on Friday morning", { from: '22:00', to: '06:00', days: ['fri'] }, '2026-06-05T03:00Z', false],
    ['in the time of its zone', { from: '08:00', to: '18:00', zone: 'Asia/Tokyo' }, '2026-06-03T23:30Z', true],
  ])('on the time: %s', (_what, time, at, expected) => {
    expect(holds({ time }, CALL, Date.parse(at.replace('Z', ':00Z')))).toBe(expected);
  });
});
