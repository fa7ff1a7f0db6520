import type { Clock } from '../clock.js';
import type { GatewayError } from '../errors.js';
import type { CooldownConfig } from '../settings/gateway-config.js';
import type { CooldownStore } from '../store.js';
import type { DeploymentHealth } from './deployment-health.js';
import { DeploymentHealths } from './deployment-healths.js';

/** Which deployments are available. While there are no failures, this costs nothing. */
export interface Health {
  /** Goes by these settings from now on, and keeps the health of these deployments; what is known of deployments stays known. */
  use(config: CooldownConfig, deploymentIds: Iterable<string>): void;
  /** How a deployment does: the same object for the same id, in all groups and after every reload. */
  of(deploymentId: string): DeploymentHealth;
  /** When it may be asked again, milliseconds since the epoch; 0 if now. Changes nothing. */
  returnsAt(deployment: DeploymentHealth, now: number): number;
  /** Grows whenever a deployment begins or ends to be one that may be asked, other than by time that passes. */
  readonly epoch: number;
  /** An attempt begins: after a cooldown this is its half-open trial. */
  asked(deployment: DeploymentHealth, now: number): void;
  /** It works: the first content of a stream, or a whole answer, has arrived. */
  succeeded(deployment: DeploymentHealth): void;
  failed(deployment: DeploymentHealth, failure: GatewayError): void;
  /** Its attempt ended without a result: the client disconnected, or another was faster. */
  undecided(deployment: DeploymentHealth): void;
  /** Those that are in cooldown after failures, or have been and were not tried since. */
  halfOpen(): readonly DeploymentHealth[];
  /** It has no capacity until then. */
  full(deployment: DeploymentHealth, until: number): void;
  /** Listens to what other instances tell, until it is closed. */
  watch(): void;
  /**
   * Calls back once when any deployment becomes available or unavailable. Returns a function that removes the
   * callback.
   */
  onChange(listener: () => void): () => void;
  close(): void;
}

/** Wildcards make deployments of names that clients choose, so that there must be an end to them. */
const MAX_UNCONFIGURED = 10_000;

/** A vendor's hint is limited to an hour. */
const MAX_COOLDOWN_MS = 3_600_000;

export function createHealth(
  first: CooldownConfig,
  clock: Clock,
  store?: CooldownStore,
  log?: { cooldownBegan(deployment: string, cooldownMs: number, failure: GatewayError): void },
): Health {
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
      const { cooldownUntil, saturatedUntil } = deployment;
      if (isResting(deployment, now)) return Math.max(cooldownUntil, saturatedUntil);
      // One trial at a time; for at most as long as the cooldown itself.
      const { probeStartedAt } = deployment;
      if (probeStartedAt !== 0 && now >= probeStartedAt && now < probeStartedAt + config.cooldownMs)
        return probeStartedAt + config.cooldownMs;
      return saturatedUntil > now && saturatedUntil - now <= MAX_COOLDOWN_MS ? saturatedUntil : 0;
    },

    get epoch() {
      return epoch;
    },

    asked(deployment, now) {
      if (!deployment.isConfigured) healths.used(deployment);
      // It is over for good: a clock that jumps back must not begin it again (h05).
      if (deployment.cooldownUntil !== 0 && !isResting(deployment, now)) deployment.cooldownUntil = 0;
      if (!deployment.isHalfOpen) return;
      deployment.probeStartedAt = now;
      changed();
    },

    succeeded(deployment) {
      count(deployment, false, clock.now());
      // An attempt that was already running when the trial began does not count: only the trial decides.
      if (deployment.isHalfOpen && deployment.probeStartedAt === 0) return;
      deployment.failuresInARow = 0;
      if (deployment.isHalfOpen) {
        deployment.isHalfOpen = false;
        // It was tried early and works: the cooldown ends.
        deployment.cooldownUntil = 0;
      }
      endProbe(deployment);
    },

    failed(deployment, failure) {
      const { cooldown } = failure.traits;
      const now = clock.now();
      if (cooldown === 'never') return endProbe(deployment);
      deployment.failuresInARow += 1;
      count(deployment, true, now);
      const isProbe = deployment.probeStartedAt !== 0;
      endProbe(deployment);
      if (cooldown === 'repeated' && !isProbe && !isTooMuch(deployment, now)) return;
      const wasResting = isResting(deployment, now);
      const usualMs = failure.kind === 'quota_exhausted' ? config.quotaCooldownMs : config.cooldownMs;
      coolDown(
        deployment,
        now,
        failure.retryAfterMs === undefined ? usualMs : Math.min(failure.retryAfterMs, MAX_COOLDOWN_MS),
      );
      if (!wasResting) log?.cooldownBegan(deployment.id, deployment.cooldownMs, failure);
      // A rate limit ends at its time; recovery from failures is only known by a trial.
      deployment.isHalfOpen = failure.retryAfterMs === undefined && failure.kind !== 'rate_limited';
      shareCooldown(deployment);
    },

    undecided: endProbe,

    halfOpen: () => [...healths.all()].filter(({ isHalfOpen, probeStartedAt }) => isHalfOpen && probeStartedAt === 0),

    full(deployment, until) {
      const known = deployment.saturatedUntil - clock.now() <= MAX_COOLDOWN_MS ? deployment.saturatedUntil : 0;
      deployment.saturatedUntil = Math.max(known, until);
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

  function coolDown(deployment: DeploymentHealth, now: number, cooldownMs: number): void {
    // The later deadline is used: a short hint must not shorten a long cooldown (litellm#40130).
    const left = isResting(deployment, now) ? deployment.cooldownUntil - now : 0;
    deployment.cooldownUntil = now + Math.max(left, cooldownMs);
    deployment.cooldownMs = deployment.cooldownUntil - now;
    changed();
  }

  /** What an instance may have been told by its vendor, or by its configuration. */
  function longestRestMs(): number {
    return Math.max(MAX_COOLDOWN_MS, config.cooldownMs, config.quotaCooldownMs);
  }

  function endProbe(deployment: DeploymentHealth): void {
    if (deployment.probeStartedAt === 0) return;
    deployment.probeStartedAt = 0;
    changed();
  }

  function changed(): void {
    epoch += 1;
    if (waiting.size === 0) return;
    const listeners = [...waiting];
    waiting.clear();
    for (const listener of listeners) listener();
  }

  /** Several failures in a row, which detects failures with little traffic; or a high share of failures. */
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

  /** The recent window, in two halves so that it slides. */
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

  /** So that other instances do not have to detect it themselves. */
  function shareCooldown({ id, cooldownUntil }: DeploymentHealth): void {
    try {
      Promise.resolve(store?.coolDown(id, cooldownUntil)).catch(ignore);
    } catch {
      // What cannot be told, others find out.
    }
  }

  function listenTo(from: CooldownStore): void {
    const hear = (id: string, until: number) => {
      const now = clock.now();
      const cooldownMs = Math.min(until - now, longestRestMs());
      if (!(cooldownMs > 0)) return;
      const deployment = healths.of(id);
      if (!isResting(deployment, now) || deployment.cooldownUntil < until) coolDown(deployment, now, cooldownMs);
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
function isResting({ cooldownUntil, cooldownMs }: DeploymentHealth, now: number): boolean {
  const left = cooldownUntil - now;
  return left > 0 && left <= cooldownMs;
}

function ignore(): void {}
