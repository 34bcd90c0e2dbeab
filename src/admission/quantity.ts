/** Powers of ten of a Kubernetes quantity's decimal suffix (apimachinery pkg/api/resource/suffix.go). */
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

/** Powers of two of its binary suffix. */
const BINARY: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

const QUANTITY = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:[eE]([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/;

/** Far more than any amount needs; the pattern is not tried on more. */
const MAX_LENGTH = 64;

/** The number a quantity stands for, or undefined where the text is none. */
export function parseQuantity(text: string | number): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) ? text : undefined;
  if (text.length > MAX_LENGTH) return undefined;
  const [, digits, exponent, suffix = ''] = QUANTITY.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  if (exponent !== undefined) return Number(`${digits}e${exponent}`);
  const power = BINARY[suffix];
  // Read as one decimal number, so that 2.3k is 2300 and not what 2.3 * 1000 gives.
  return power === undefined ? Number(`${digits}e${DECIMAL[suffix] ?? NaN}`) : Number(digits) * 2 ** power;
}

/** A whole number of devices: only integers schedule as extended resources. */
export function parseCount(text: string | number): number | undefined {
  const value = parseQuantity(text);
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
