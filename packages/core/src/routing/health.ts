import type { Clock } from '../clock.js';
import type { GatewayError } from '../errors.js';
import type { CooldownConfig } from '../gateway-config.js';
import type { CooldownStore } from '../store.js';
import type { DeploymentHealth } from './deployment-health.js';
import { DeploymentHealths } from './deployment-healths.js';

/** Which deployments may be asked. While all is well, asking costs nothing. */
export interface Health {
  /** Goes by these settings from now on, and keeps the health of these deployments; what is known of deployments stays known. */
  use(config: CooldownConfig, deploymentIds: Iterable<string>): void;
  /** How a deployment does: the same object for the same id, in all groups and after every reload. */
  of(deploymentId: string): DeploymentHealth;
  /** When it may be asked again, milliseconds since the epoch; 0 if now. Changes nothing. */
  returnsAt(deployment: DeploymentHealth, now: number): number;
  /** Grows whenever a deployment begins or ends to be one that may be asked, other than by time that passes. */
  readonly epoch: number;
  /** It is about to be asked: after a rest this is its probe. */
  asked(deployment: DeploymentHealth, now: number): void;
  /** It has shown that it works: with the first content of a stream, or with a whole answer. */
  succeeded(deployment: DeploymentHealth): void;
  failed(deployment: DeploymentHealth, failure: GatewayError): void;
  /** Its attempt ended without a verdict: the client left, another was faster. */
  undecided(deployment: DeploymentHealth): void;
  /** Those that rest after failures, or have rested, and whom nobody has asked since. */
  onTrial(): readonly DeploymentHealth[];
  /** It has no room until then. */
  full(deployment: DeploymentHealth, until: number): void;
  /** Listens to what other instances tell, until it is closed. */
  watch(): void;
  /** Calls back once when any deployment begins or ends to be one that may be asked; calling the result takes it back. */
  onChange(listener: () => void): () => void;
  close(): void;
}

/** Wildcards make deployments of names that clients choose, so that there must be an end to them. */
const MAX_UNCONFIGURED = 10_000;

/** No vendor is believed beyond an hour. */
const MAX_REST_MS = 3_600_000;

export function openHealth(first: CooldownConfig, clock: Clock, store?: CooldownStore): Health {
  let config = first;
  const healths = new DeploymentHealths(MAX_UNCONFIGURED);
  let epoch = 0;
  const waiting = new Set<() => void>();
  let stopWatching: (() => void) | undefined;
  let isClosed = false;

  return {
    use(next, deploymentIds) {
      config = next;
      healths.configure(deploymentIds);
    },

    of: (deploymentId) => healths.of(deploymentId),

    returnsAt(deployment, now) {
      const { restsUntil, fullUntil } = deployment;
      if (isResting(deployment, now)) return Math.max(restsUntil, fullUntil);
      // One at a time finds out whether it is well again; no longer than the rest itself would have been.
      const { probedAt } = deployment;
      if (probedAt !== 0 && now >= probedAt && now < probedAt + config.restMs) return probedAt + config.restMs;
      return fullUntil > now && fullUntil - now <= MAX_REST_MS ? fullUntil : 0;
    },

    get epoch() {
      return epoch;
    },

    asked(deployment, now) {
      if (!deployment.isConfigured) healths.used(deployment);
      // It is over for good: a clock that jumps back must not begin it again (h05).
      if (deployment.restsUntil !== 0 && !isResting(deployment, now)) deployment.restsUntil = 0;
      if (!deployment.isOnTrial) return;
      deployment.probedAt = now;
      changed();
    },

    succeeded(deployment) {
      count(deployment, false, clock.now());
      // One that was under way when the trial began says nothing about it: only the probe's verdict counts.
      if (deployment.isOnTrial && deployment.probedAt === 0) return;
      deployment.failuresInARow = 0;
      if (deployment.isOnTrial) {
        deployment.isOnTrial = false;
        // It was asked before its time, and works: nothing is left to wait for.
        deployment.restsUntil = 0;
      }
      endProbe(deployment);
    },

    failed(deployment, failure) {
      const { cools } = failure.traits;
      const now = clock.now();
      if (cools === 'never') return endProbe(deployment);
      deployment.failuresInARow += 1;
      count(deployment, true, now);
      const isProbe = deployment.probedAt !== 0;
      endProbe(deployment);
      if (cools === 'after_repeats' && !isProbe && !isTooMuch(deployment, now)) return;
      const usualMs = failure.kind === 'quota_exhausted' ? config.quotaRestMs : config.restMs;
      rest(deployment, now, failure.retryAfterMs === undefined ? usualMs : Math.min(failure.retryAfterMs, MAX_REST_MS));
      // A limit is over when its time is; whether a deployment has recovered only asking it can tell.
      deployment.isOnTrial = failure.retryAfterMs === undefined && failure.kind !== 'rate_limited';
      tell(deployment);
    },

    undecided: endProbe,

    onTrial: () => [...healths.all()].filter(({ isOnTrial, probedAt }) => isOnTrial && probedAt === 0),

    full(deployment, until) {
      const known = deployment.fullUntil - clock.now() <= MAX_REST_MS ? deployment.fullUntil : 0;
      deployment.fullUntil = Math.max(known, until);
      changed();
    },

    watch() {
      if (store !== undefined && !isClosed) listenTo(store);
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

  function rest(deployment: DeploymentHealth, now: number, restMs: number): void {
    // The later deadline wins: a short hint must not cut a long rest (litellm#40130).
    const left = isResting(deployment, now) ? deployment.restsUntil - now : 0;
    deployment.restsUntil = now + Math.max(left, restMs);
    deployment.restMs = deployment.restsUntil - now;
    changed();
  }

  /** What an instance may have been told by its vendor, or by its configuration. */
  function longestRestMs(): number {
    return Math.max(MAX_REST_MS, config.restMs, config.quotaRestMs);
  }

  function endProbe(deployment: DeploymentHealth): void {
    if (deployment.probedAt === 0) return;
    deployment.probedAt = 0;
    changed();
  }

  function changed(): void {
    epoch += 1;
    if (waiting.size === 0) return;
    const listeners = [...waiting];
    waiting.clear();
    for (const listener of listeners) listener();
  }

  /** Several in a row, which is what little traffic shows; or too many of many. */
  function isTooMuch(deployment: DeploymentHealth, now: number): boolean {
    if (deployment.failuresInARow >= config.failuresInARow) return true;
    const { calls, failures, callsBefore, failuresBefore } = turned(deployment, now);
    const all = calls + callsBefore;
    return all >= config.minCalls && failures + failuresBefore >= config.failureRate * all;
  }

  function count(deployment: DeploymentHealth, isFailure: boolean, now: number): void {
    const window = turned(deployment, now);
    window.calls += 1;
    if (isFailure) window.failures += 1;
  }

  /** The window of the last moments, in two halves so that it slides. */
  function turned({ window }: DeploymentHealth, now: number): DeploymentHealth['window'] {
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
  function tell({ id, restsUntil }: DeploymentHealth): void {
    try {
      Promise.resolve(store?.rest(id, restsUntil)).catch(ignore);
    } catch {
      // What cannot be told, others find out.
    }
  }

  function listenTo(from: CooldownStore): void {
    const hear = (id: string, until: number) => {
      const now = clock.now();
      const restMs = Math.min(until - now, longestRestMs());
      if (!(restMs > 0)) return;
      const deployment = healths.of(id);
      if (!isResting(deployment, now) || deployment.restsUntil < until) rest(deployment, now, restMs);
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

/** A clock that jumped back must not make a short rest a long one (h05). */
function isResting({ restsUntil, restMs }: DeploymentHealth, now: number): boolean {
  const left = restsUntil - now;
  return left > 0 && left <= restMs;
}

function ignore(): void {}
