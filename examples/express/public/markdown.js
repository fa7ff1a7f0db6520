import { element } from './element.js';

/**
 * Shows the markdown that models like to write: paragraphs, headings, lists, fenced code, bold, italics and code.
 * Everything becomes elements and text nodes, nothing is parsed as HTML, so an answer cannot bring markup of its own.
 */
export function renderMarkdown(text) {
  const blocks = document.createDocumentFragment();
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; ) at = takeBlock(lines, at, blocks);
  return blocks;
}

/** Reads one block that starts at line `at`, appends it, and says where the next one starts. */
function takeBlock(lines, at, blocks) {
  const line = lines[at];
  if (line.trim() === '') return at + 1;

  if (line.startsWith('```')) {
    const end = indexWhere(lines, at + 1, (other) => other.startsWith('```'));
    blocks.append(element('pre', {}, element('code', {}, lines.slice(at + 1, end).join('\n'))));
    return end + 1;
  }

  const heading = /^(#{1,4}) (.*)/.exec(line);
  if (heading) {
    blocks.append(element('h3', {}, ...inline(heading[2])));
    return at + 1;
  }

  const bullet = /^\s*([-*]|\d+\.)( |$)/;
  if (bullet.test(line)) {
    const end = indexWhere(lines, at, (other) => !bullet.test(other));
    const items = lines.slice(at, end).map((item) => element('li', {}, ...inline(item.replace(bullet, ''))));
    blocks.append(element(/^\s*\d/.test(line) ? 'ol' : 'ul', {}, ...items));
    return end;
  }

  const end = indexWhere(
    lines,
    at + 1,
    (other) => other.trim() === '' || other.startsWith('```') || bullet.test(other),
  );
  blocks.append(element('p', {}, ...inline(lines.slice(at, end).join('\n'))));
  return end;
}

function inline(text) {
  // Split with a group keeps the marked pieces at the odd places.
  return text.split(/(`[^`\n]+`|\*\*[^*\n]+\*\*|\*[^*\s][^*\n]*\*)/).map((piece, place) => {
    if (place % 2 === 0) return piece;
    if (piece.startsWith('`')) return element('code', {}, piece.slice(1, -1));
    if (piece.startsWith('**')) return element('strong', {}, piece.slice(2, -2));
    return element('em', {}, piece.slice(1, -1));
  });
}

function indexWhere(lines, from, fits) {
  const found = lines.findIndex((line, at) => at >= from && fits(line));
  return found === -1 ? lines.length : found;
}
