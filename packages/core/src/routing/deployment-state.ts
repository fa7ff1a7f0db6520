import type { Deployment } from '../deployment.js';
import type { DeploymentHealth } from './deployment-health.js';

/** A deployment in one pool: as that pool's configuration has it, and how it does, which it shares with all other pools. */
export class DeploymentState {
  readonly deployment: Deployment;
  readonly health: DeploymentHealth;
  /** There are others in the pool that could be asked in its place. */
  readonly hasAlternatives: boolean;

  constructor(deployment: Deployment, health: DeploymentHealth, hasAlternatives: boolean) {
    this.deployment = deployment;
    this.health = health;
    this.hasAlternatives = hasAlternatives;
  }
}
