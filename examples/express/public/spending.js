import { dollars } from './money.js';

const meter = document.getElementById('budget-meter');
const text = document.getElementById('budget-text');

/**
 * Shows what this user has spent today, as the server's ledger counts it: calls from other tabs and from the server itself
 * included. Returns the latest figures and a way to stop watching.
 */
export function watchSpending() {
  const source = new EventSource('/api/usage');
  let latest;
  source.addEventListener('message', (event) => {
    latest = JSON.parse(event.data);
    meter.value = Math.min(1, latest.spentUsd / latest.budgetUsd);
    meter.classList.toggle('low', latest.spentUsd > 0.8 * latest.budgetUsd);
    text.textContent = describe(latest);
  });
  return { close: () => source.close() };
}

function describe({ spentUsd, budgetUsd, calls }) {
  const left = Math.max(0, budgetUsd - spentUsd);
  return `${dollars(spentUsd)} spent in ${calls} call${calls === 1 ? '' : 's'}, ${dollars(left)} left today`;
}
