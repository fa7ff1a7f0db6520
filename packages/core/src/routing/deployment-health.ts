import { RecentTimes } from './recent-times.js';

/**
 * How one deployment does at the moment, as this process sees it: whether it may be asked, how busy and how fast it is. There
 * is one for each id. All groups that ask the deployment share it, and a reload leaves it as it is.
 * Plain numbers that others write; times are milliseconds since the epoch.
 */
export class DeploymentHealth {
  readonly id: string;
  /** The configuration names it, so that it is never forgotten. */
  isConfigured = false;

  /** Rests until then; 0 if it never did, and in the past once it does not any more. */
  cooldownUntil = 0;
  /** How long the rest was when it was given. */
  cooldownMs = 0;
  /** It rested after failures: the first who asks it again is a probe, and the others wait for its verdict. */
  isHalfOpen = false;
  /** Since when a probe is under way; 0 while none is. */
  probeStartedAt = 0;
  failuresInARow = 0;
  /** Ends of attempts in the current and the previous half of the breaker's window. */
  readonly window = { startsAt: 0, calls: 0, failures: 0, callsBefore: 0, failuresBefore: 0 };

  /** Its own limits, or those its vendor tells, leave no room until then; 0 or in the past while they do. */
  saturatedUntil = 0;

  /** Attempts under way. */
  inFlight = 0;
  /** What went through in the minute that began at `minute`. */
  minute = 0;
  requestsInMinute = 0;
  tokensInMinute = 0;

  /** From asking to the first content of a stream. */
  readonly firstContent = new RecentTimes();
  /** From asking to the end of a whole answer. */
  readonly whole = new RecentTimes();
  /** For each token of output once it flows. */
  readonly perToken = new RecentTimes();
  /** When it was last asked; 0 for never. */
  askedAt = 0;

  constructor(id: string) {
    this.id = id;
  }
}

const MINUTE_MS = 60_000;

/** Moves the count of the minute on. */
export function enterMinute(health: DeploymentHealth, now: number): void {
  const minute = now - (now % MINUTE_MS);
  if (minute === health.minute) return;
  health.minute = minute;
  health.requestsInMinute = 0;
  health.tokensInMinute = 0;
}
