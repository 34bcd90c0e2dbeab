/**
 * The module that owns a node: the last path of `L__self__,,pkg.Model;L__self__layer1,layer1,pkg.Block`. Earlier versions
 * wrote the paths as `L['self'].layer1`; a module that is called again is marked `layer1@1`.
 */
export function scopeOf(moduleStack: string): string | undefined {
  const path = moduleStack.split(';').at(-1)?.split(',')[1];
  const plain = path?.replace(/^L\['self'\]\.?/, '').replace(/@\d+$/, '');
  return plain === undefined || plain === '' ? undefined : plain;
}
