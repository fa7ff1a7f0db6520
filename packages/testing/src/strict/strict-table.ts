import { STRICT_VENDORS, strictVendor } from './strict-vendor.js';

/** The README's table of strict vendors: what each is asked by, and how many rules there are of it. */
export function strictTable(): string {
  const rows = STRICT_VENDORS.map((name) => {
    const { rules } = strictVendor(name);
    const wires = [...new Set(rules.map(({ wire }) => `\`${wire}\``))].join(' ');
    return `| ${rules[0]?.title ?? name} | \`${name}\` | ${wires} | ${rules.length} |`;
  });
  return ['| Vendor | Name | Wires | Rules |', '|---|---|---|---|', ...rows].join('\n');
}
