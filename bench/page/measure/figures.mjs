// Medians, and tables of text.

/** Returns the value that a share of the others does not exceed: 0.5 for the median. */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  return below + (above - below) * (position % 1);
}

export const median = (values) => quantile(values, 0.5);

/** Returns the median and the range of the middle half, such as `104 (101–109)`. */
export function spread(values) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(0));
  return `${middle} (${low}–${high})`;
}

/** Returns rows of cells as aligned lines. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[0]))).join('  ');
  return rows.map(line).join('\n');
}

/** Returns the items in the order of this round, so that each is first equally often. */
export const inTurn = (items, round) => items.map((_, i) => items[(i + round) % items.length]);
