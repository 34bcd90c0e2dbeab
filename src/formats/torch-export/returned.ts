import { specOf } from '../../ops/index.js';
import type { Assembly } from './assembly.js';
import { namesOf } from './place.js';
import type { ExportedNode } from './schema.js';

const CAST = /^torch\.ops\.aten\.to\./;

/**
 * What is returned under the name of a cast. In float32 the `logits.float()` of a loss is the logits themselves, and
 * torch.export names what is returned after it (transformers, loss/loss_utils.py, ForCausalLMLoss); in 16 bits it is a
 * tensor of the loss's own. A cast is the loss's where one line called both.
 */
export function returnedNames(nodes: readonly ExportedNode[], assembly: Assembly): (name: string) => string {
  const { layers, tensors } = assembly;
  const losses = new Set(layers.filter(({ type }) => specOf(type)?.loss === true).flatMap(({ outputs }) => outputs));
  if (losses.size === 0) return (name) => name;
  const lines = new Set(nodes.filter((node) => written(node).some((name) => losses.has(name))).map(lineOf));
  const casts = nodes.filter((node) => CAST.test(node.target) && lineOf(node) !== '' && lines.has(lineOf(node)));
  const sources = new Map(casts.map((cast) => [written(cast)[0], read(cast)[0]]));
  return (name) => {
    const source = sources.get(name);
    return source !== undefined && tensors.get(source)?.dtype === tensors.get(name)?.dtype ? source : name;
  };
}

const lineOf = ({ stackTrace }: ExportedNode): string => stackTrace;
const written = ({ outputs }: ExportedNode): readonly string[] => outputs.flatMap(namesOf);
const read = ({ inputs }: ExportedNode): readonly string[] => inputs.flatMap(({ argument }) => namesOf(argument));
