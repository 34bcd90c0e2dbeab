/** A column: its heading, and which side its cells lean on. */
export interface Column {
  readonly heading: string;
  readonly align: 'left' | 'right';
}

/** Rows of cells as lines of equal columns, the heading and a rule on top. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ heading }, index) =>
    Math.max(heading.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const text = cells[index] ?? '';
        return align === 'left' ? text.padEnd(widths[index] ?? 0) : text.padStart(widths[index] ?? 0);
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(columns.map(({ heading }) => heading)), rule, ...rows.map(line)];
}
