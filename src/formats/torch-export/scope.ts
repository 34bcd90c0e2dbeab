/** What stands for the module of a node that no module made (torch/_export/passes/_node_metadata_hook.py). */
const NO_MODULE = '_empty_nn_module_stack_from_metadata_hook';

/**
 * The module that owns a node: the last path of `L__self__,,pkg.Model;L__self__layer1,layer1,pkg.Block`. Earlier versions
 * wrote the paths as `L['self'].layer1`; a module that is called again is marked `layer1@1`.
 */
export function scopeOf(moduleStack: string): string | undefined {
  const [, path] = moduleStack.slice(moduleStack.lastIndexOf(';') + 1).split(',');
  const plain = path?.replace(/^L\['self'\]\.?/, '').replace(/@\d+$/, '');
  return plain === undefined || plain === '' || plain === NO_MODULE ? undefined : plain;
}
