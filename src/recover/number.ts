/** Half a unit in the last place of bfloat16, the coarsest type a constant is exported in. */
const TOLERANCE = 2 ** -9;

/** True for a number that is the wanted one, up to the precision a file may store it with. */
export function isNear(value: unknown, wanted: number): boolean {
  return typeof value === 'number' && Math.abs(value - wanted) <= TOLERANCE * Math.abs(wanted);
}
