const format = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 2,
  maximumFractionDigits: 5,
});

/** US dollars for people; fractions of a cent stay visible, since a short answer costs no more. */
export function dollars(usd) {
  return format.format(usd);
}

/** `fast and smart models`, `fast model`. */
export function modelsInWords(names) {
  return `${names.join(' and ')} model${names.length === 1 ? '' : 's'}`;
}
