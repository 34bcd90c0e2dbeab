/** The API recommends warnings of at most this many characters. */
export const MAX_WARNING_LENGTH = 120;

/** A warning as kubectl shows it. */
export function warning(text: string): string {
  return line(text, MAX_WARNING_LENGTH);
}

/** Ours, on one line, in printable ASCII, and short enough. */
export function line(text: string, length: number): string {
  const printable = `layergauge: ${text.slice(0, length)}`.replace(/[^\x20-\x7e]+/g, ' ');
  const isWhole = text.length <= length && printable.length <= length;
  return isWhole ? printable : `${printable.slice(0, length - 3)}...`;
}
