import type { Deployment } from '../deployment.js';

/** One of them by chance, in proportion to their weights; undefined of none. */
export function pickWeighted(deployments: readonly Deployment[]): Deployment | undefined {
  if (deployments.length < 2) return deployments[0];
  let total = 0;
  for (const deployment of deployments) total += deployment.weight;
  let point = Math.random() * total;
  for (const deployment of deployments) {
    point -= deployment.weight;
    if (point < 0) return deployment;
  }
  return deployments.at(-1);
}
