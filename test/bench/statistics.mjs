/** The value below which `percent` of the values lie. */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The same in every process of a machine, finer than a millisecond. */
export function wallClockMs() {
  return performance.timeOrigin + performance.now();
}

/** Ratios of what was measured side by side in the same round: the machine's moods cancel out. */
export function pairedRatio(measured, floor) {
  const ratios = measured.map((value, round) => value / floor[round]);
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}
