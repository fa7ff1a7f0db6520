import { element } from './element.js';
import { dollars } from './in-words.js';

const meter = document.getElementById('budget-meter');
const text = document.getElementById('budget-text');

/**
 * Shows what the user has spent today as the server's ledger counts it, calls from elsewhere included, and hands each new
 * record to `onRecord`. Returns a function that stops.
 */
export function watchSpending(onRecord) {
  const source = new EventSource('/api/usage');
  source.addEventListener('message', (event) => {
    const { calls, spentUsd, budgetUsd, record } = JSON.parse(event.data);
    meter.value = Math.min(1, spentUsd / budgetUsd);
    const left = Math.max(0, budgetUsd - spentUsd);
    const inCalls = element('span', { className: 'wide' }, ` in ${calls} call${calls === 1 ? '' : 's'}`);
    text.replaceChildren(`${dollars(spentUsd)} spent`, inCalls, `, ${dollars(left)} left today`);
    if (record) onRecord(record);
  });
  return () => source.close();
}
