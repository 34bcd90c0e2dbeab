/** The API recommends warnings of at most this many characters. */
export const MAX_WARNING_LENGTH = 120;

/** A warning as kubectl shows it, on one line and short enough. */
export function warning(text: string): string {
  const line = `layergauge: ${text}`.replace(/[^\x20-\x7e]+/g, ' ');
  return line.length <= MAX_WARNING_LENGTH ? line : `${line.slice(0, MAX_WARNING_LENGTH - 3)}...`;
}
