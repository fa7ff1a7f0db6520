import type { Clock } from '../clock.js';
import type { Deployment } from '../deployment.js';
import type { GatewayError } from '../errors.js';
import type { CooldownConfig } from '../gateway-config.js';
import type { CooldownStore } from '../store.js';
import { Standing } from './standing.js';

/** Which deployments may be asked. While all is well, asking costs nothing. */
export interface Health {
  /** Goes by these settings from now on; what is known of deployments stays known. */
  use(config: CooldownConfig): void;
  /** The standing of a deployment: the same object for the same id, also when a reload has made the deployment anew. */
  of(deployment: Deployment, changed: () => void): Standing;
  /** When it may be asked again, milliseconds since the epoch; 0 if now. */
  returnsAt(standing: Standing, now: number): number;
  /** It is about to be asked: after a rest this is its probe. */
  asked(standing: Standing, now: number): void;
  /** It has shown that it works: with the first content of a stream, or with a whole answer. */
  succeeded(standing: Standing): void;
  failed(standing: Standing, failure: GatewayError): void;
  /** Its attempt ended without a verdict: the client left, another was faster. */
  undecided(standing: Standing): void;
  /** Those that rest after failures, or have rested, and whom nobody has asked since. */
  onTrial(): readonly Standing[];
  /** It has no room until then. */
  full(standing: Standing, until: number): void;
  /** Calls back once when any deployment begins or ends to be one that may be asked; calling the result takes it back. */
  onChange(listener: () => void): () => void;
  close(): void;
}

/** Wildcards make deployments of names that clients choose: those longest ago are forgotten first. */
const MAX_REMEMBERED = 10_000;

/** No vendor is believed beyond an hour. */
const MAX_REST_MS = 3_600_000;

export function openHealth(first: CooldownConfig, clock: Clock, store?: CooldownStore): Health {
  let config = first;
  /** By id: what other instances tell, and what a reload must not forget. */
  const rests = new Map<string, { until: number; restMs: number }>();
  const standings = new Map<string, Standing>();
  const waiting = new Set<() => void>();
  let stopWatching: (() => void) | undefined;
  let isClosed = false;
  if (store !== undefined) watch(store);

  return {
    use(next) {
      config = next;
    },

    of(deployment, changed) {
      const known = standings.get(deployment.id);
      const standing = new Standing(deployment, changed);
      const rest = rests.get(deployment.id);
      if (known !== undefined) Object.assign(standing, healthOf(known));
      else if (rest !== undefined) Object.assign(standing, { restsUntil: rest.until, restMs: rest.restMs });
      standings.set(deployment.id, standing);
      if (standings.size > MAX_REMEMBERED) forgetFirst(standings);
      return standing;
    },

    returnsAt(standing, now) {
      const { restsUntil, fullUntil, restMs } = standing;
      if (restsUntil !== 0) {
        const left = restsUntil - now;
        // A clock that jumped back must not make a short rest a long one (h05).
        if (left > 0 && left <= restMs) return Math.max(restsUntil, fullUntil);
        standing.restsUntil = 0;
        standing.changed();
      }
      // One at a time finds out whether it is well again; no longer than the rest itself would have been.
      if (standing.probedAt !== 0 && now >= standing.probedAt && now < standing.probedAt + config.restMs) {
        return standing.probedAt + config.restMs;
      }
      if (fullUntil === 0) return 0;
      if (fullUntil > now && fullUntil - now <= MAX_REST_MS) return fullUntil;
      standing.fullUntil = 0;
      return 0;
    },

    asked(standing, now) {
      if (!standing.isOnTrial) return;
      standing.probedAt = now;
      standing.changed();
    },

    succeeded(standing) {
      count(standing, false, clock.now());
      // One that was under way when the trial began says nothing about it: only the probe's verdict counts.
      if (standing.isOnTrial && standing.probedAt === 0) return;
      standing.failuresInARow = 0;
      if (standing.isOnTrial) {
        standing.isOnTrial = false;
        // It was asked before its time, and works: nothing is left to wait for.
        standing.restsUntil = 0;
      }
      endProbe(standing);
    },

    failed(standing, failure) {
      const { cools } = failure.traits;
      const now = clock.now();
      if (cools === 'never') return endProbe(standing);
      standing.failuresInARow += 1;
      count(standing, true, now);
      const isProbe = standing.probedAt !== 0;
      endProbe(standing);
      if (cools === 'after_repeats' && !isProbe && !isTooMuch(standing, now)) return;
      const usualMs = failure.kind === 'quota_exhausted' ? config.quotaRestMs : config.restMs;
      rest(standing, now, Math.min(failure.retryAfterMs ?? usualMs, MAX_REST_MS));
      // A limit is over when its time is; whether a deployment has recovered only asking it can tell.
      standing.isOnTrial = failure.retryAfterMs === undefined && failure.kind !== 'rate_limited';
      tell(standing);
    },

    undecided: endProbe,

    onTrial: () => [...standings.values()].filter(({ isOnTrial, probedAt }) => isOnTrial && probedAt === 0),

    full(standing, until) {
      standing.fullUntil = Math.max(standing.fullUntil, until);
      changed(standing);
    },

    onChange(listener) {
      waiting.add(listener);
      return () => waiting.delete(listener);
    },

    close() {
      isClosed = true;
      stopWatching?.();
    },
  };

  function rest(standing: Standing, now: number, restMs: number): void {
    // The later deadline wins: a short hint must not cut a long rest (litellm#40130).
    standing.restsUntil = Math.max(standing.restsUntil, now + restMs);
    standing.restMs = standing.restsUntil - now;
    changed(standing);
  }

  function endProbe(standing: Standing): void {
    if (standing.probedAt === 0) return;
    standing.probedAt = 0;
    changed(standing);
  }

  function changed(standing: Standing): void {
    standing.changed();
    if (waiting.size === 0) return;
    const listeners = [...waiting];
    waiting.clear();
    for (const listener of listeners) listener();
  }

  /** Several in a row, which is what little traffic shows; or too many of many. */
  function isTooMuch(standing: Standing, now: number): boolean {
    if (standing.failuresInARow >= config.failuresInARow) return true;
    const { calls, failures, callsBefore, failuresBefore } = turned(standing, now);
    const all = calls + callsBefore;
    return all >= config.minCalls && failures + failuresBefore >= config.failureRate * all;
  }

  function count(standing: Standing, isFailure: boolean, now: number): void {
    const window = turned(standing, now);
    window.calls += 1;
    if (isFailure) window.failures += 1;
  }

  /** The window of the last moments, in two halves so that it slides. */
  function turned({ window }: Standing, now: number): Standing['window'] {
    const age = now - window.startsAt;
    const half = config.windowMs / 2;
    if (age >= 0 && age < half) return window;
    const isNext = age >= half && age < config.windowMs;
    Object.assign(window, {
      startsAt: now,
      callsBefore: isNext ? window.calls : 0,
      failuresBefore: isNext ? window.failures : 0,
      calls: 0,
      failures: 0,
    });
    return window;
  }

  /** Other instances need not make the same discovery. */
  function tell({ deployment, restsUntil }: Standing): void {
    try {
      Promise.resolve(store?.rest(deployment.id, restsUntil)).catch(ignore);
    } catch {
      // What cannot be told, others find out.
    }
  }

  function watch(from: CooldownStore): void {
    const hear = (id: string, until: number) => {
      const now = clock.now();
      const restMs = Math.min(until - now, MAX_REST_MS);
      if (!(restMs > 0)) return;
      const standing = standings.get(id);
      if (standing !== undefined && standing.restsUntil < until) rest(standing, now, restMs);
      else if (standing === undefined) {
        rests.set(id, { until: now + restMs, restMs });
        if (rests.size > MAX_REMEMBERED) forgetFirst(rests);
      }
    };
    Promise.resolve()
      .then(() => from.watch(hear))
      .then((stop) => {
        if (isClosed) stop();
        else stopWatching = stop;
      })
      .catch(ignore);
  }
}

function healthOf({ restsUntil, restMs, isOnTrial, failuresInARow, fullUntil }: Standing): Partial<Standing> {
  return { restsUntil, restMs, isOnTrial, failuresInARow, fullUntil };
}

function forgetFirst(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

function ignore(): void {}
