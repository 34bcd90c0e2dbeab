/** More of a name than this tells nobody anything. */
const SHOWN_LENGTH = 64;

/** Control characters, direction marks and broken surrogates: what a terminal or an HTTP header would act on. */
const UNPRINTABLE = /\p{C}/gu;

/** Text of a file as messages show it: short, and on one line. */
export function printable(text: string, length: number): string {
  return text.slice(0, length).replace(UNPRINTABLE, '\uFFFD');
}

/** A name out of a file as messages show it. */
export function quoted(name: string): string {
  return `"${printable(name, SHOWN_LENGTH)}"`;
}
