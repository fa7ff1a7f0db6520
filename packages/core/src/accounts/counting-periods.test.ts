import { describe, expect, it } from 'vitest';
import { createPeriods, type PeriodKind } from './counting-periods.js';

const NOW = Date.UTC(2026, 1, 28, 23, 59, 30, 500);

describe('createPeriods', () => {
  it.each<[PeriodKind, string, string]>([
    ['minute', '2026-02-28T23:59:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['hour', '2026-02-28T23:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['day', '2026-02-28T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['month', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
  ])('aligns a %s to UTC', (kind, startsAt, endsAt) => {
    const period = createPeriods('budget')(kind, NOW);
    expect(new Date(period.startsAt).toISOString()).toBe(startsAt);
    expect(new Date(period.endsAt).toISOString()).toBe(endsAt);
  });

  it('works a period out once, and another one from its end on', () => {
    const periodOf = createPeriods('budget');
    const december = periodOf('month', Date.UTC(2026, 11, 1));
    expect(periodOf('month', december.endsAt - 1)).toBe(december);
    expect(new Date(periodOf('month', december.endsAt).startsAt).toISOString()).toBe('2027-01-01T00:00:00.000Z');
  });

  it('finds the same period again after the clock has jumped and returned (h05)', () => {
    const periodOf = createPeriods('budget');
    const { keyPrefix } = periodOf('day', NOW);
    const jumped = periodOf('day', NOW + 7 * 86_400_000);
    expect(jumped.keyPrefix).not.toBe(keyPrefix);
    expect(periodOf('day', NOW).keyPrefix).toBe(keyPrefix);
  });

  it('has one total for ever', () => {
    const periodOf = createPeriods('budget');
    expect(periodOf('total', 0)).toBe(periodOf('total', Number.MAX_SAFE_INTEGER));
  });
});
