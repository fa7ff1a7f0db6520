import { DeploymentHealth } from './deployment-health.js';

/**
 * The health of every deployment by its id. Those that the configuration names are kept for as long as it does; of the others,
 * whose names clients choose, at most `maxOthers`: those unused for longest are dropped, and never one that is being asked.
 */
export class DeploymentHealths {
  readonly #configured = new Map<string, DeploymentHealth>();
  /** In the order of their last use. */
  readonly #others = new Map<string, DeploymentHealth>();
  readonly #maxOthers: number;

  constructor(maxOthers: number) {
    this.#maxOthers = maxOthers;
  }

  of(id: string): DeploymentHealth {
    const known = this.#configured.get(id) ?? this.#others.get(id);
    const health = known ?? new DeploymentHealth(id);
    if (!health.isConfigured) this.used(health);
    return health;
  }

  /** From now on the configuration names these and no others. */
  configure(ids: Iterable<string>): void {
    const named = new Set(ids);
    for (const [id, health] of this.#configured) {
      if (named.has(id)) continue;
      this.#configured.delete(id);
      health.isConfigured = false;
      this.used(health);
    }
    for (const id of named) {
      const health = this.of(id);
      health.isConfigured = true;
      this.#others.delete(id);
      this.#configured.set(id, health);
    }
  }

  /** One that the configuration does not name is in use, and is dropped after all that were used before. */
  used(health: DeploymentHealth): void {
    this.#others.delete(health.id);
    this.#others.set(health.id, health);
    if (this.#others.size <= this.#maxOthers) return;
    for (const [id, { inFlight }] of this.#others) {
      if (inFlight > 0) continue;
      this.#others.delete(id);
      return;
    }
  }

  *all(): Generator<DeploymentHealth> {
    yield* this.#configured.values();
    yield* this.#others.values();
  }
}
