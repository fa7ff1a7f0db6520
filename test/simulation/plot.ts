import type { Result } from './simulate.js';
import { PLACES } from './world.js';

const WIDTH = 860;
const ROW = 34;
const LEFT = 130;
const COLOURS = [
  '#1b6ca8',
  '#3f8fc4',
  '#2a9d8f',
  '#5bb5a2',
  '#8ab17d',
  '#b5c77a',
  '#e9c46a',
  '#f0d58c',
  '#e76f51',
  '#9d6b9e',
];

/** Who answered, and how long the first token took: one bar a strategy. */
export function plotOf(results: readonly Result[]): string {
  const height = 70 + results.length * ROW + 60;
  const widest = Math.max(...results.map(({ p99Ms }) => p99Ms));
  const shares = results.map((result, at) => bar(result, 50 + at * ROW)).join('');
  const times = results.map((result, at) => times99(result, 50 + at * ROW, widest)).join('');
  const legend = PLACES.map(({ id }, at) => {
    const [x, y] = [LEFT + (at % 5) * 140, height - 42 + Math.floor(at / 5) * 20];
    return `<rect x="${x}" y="${y - 10}" width="11" height="11" fill="${COLOURS[at]}"/><text x="${x + 16}" y="${y}">${id}</text>`;
  }).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#333">
<title>Who answered, and how long the first token took, for each strategy</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${LEFT}" y="28" font-weight="600">who answered</text>
<text x="580" y="28" font-weight="600">first token: mean, p50 and p99</text>
${shares}${times}${legend}
</svg>
`;
}

function bar({ strategy, shares }: Result, y: number): string {
  const width = 420;
  let x = LEFT;
  const parts = PLACES.map(({ id }, at) => {
    const own = (shares[id] ?? 0) * width;
    const rect = `<rect x="${x.toFixed(1)}" y="${y}" width="${own.toFixed(1)}" height="20" fill="${COLOURS[at]}"><title>${id}: ${((shares[id] ?? 0) * 100).toFixed(1)} %</title></rect>`;
    x += own;
    return rect;
  });
  return `<text x="${LEFT - 8}" y="${y + 15}" text-anchor="end">${strategy}</text>${parts.join('')}\n`;
}

function times99({ meanMs, p50Ms, p99Ms }: Result, y: number, widest: number): string {
  const scale = (ms: number) => 580 + (ms / widest) * 200;
  return `<line x1="${scale(p50Ms).toFixed(1)}" x2="${scale(p99Ms).toFixed(1)}" y1="${y + 10}" y2="${y + 10}" stroke="#999" stroke-width="2"/>
<circle cx="${scale(p50Ms).toFixed(1)}" cy="${y + 10}" r="4" fill="#1b6ca8"/><circle cx="${scale(meanMs).toFixed(1)}" cy="${y + 10}" r="4" fill="#e9c46a"/><circle cx="${scale(p99Ms).toFixed(1)}" cy="${y + 10}" r="4" fill="#e76f51"/>
<text x="${(scale(p99Ms) + 8).toFixed(1)}" y="${y + 14}">${Math.round(meanMs)} · ${Math.round(p50Ms)} · ${Math.round(p99Ms)} ms</text>\n`;
}
