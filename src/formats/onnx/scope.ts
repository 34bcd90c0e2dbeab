import { LIMITS } from '../limits.js';
import type { OnnxNode } from './schema.js';

/**
 * The module that owns a node. torch.export's exporter lists the scopes outermost first and ends with the call itself;
 * the TorchScript exporter writes `/layer1/layer1.0/conv1/Conv`; other exporters leave it to the weight's name.
 */
export function scopeOf(node: OnnxNode): string | undefined {
  const listed = property(node, 'pkg.torch.onnx.name_scopes');
  if (listed !== undefined) return INNERMOST.exec(listed.slice(-LIMITS.maxNameBytes))?.[1] ?? '';
  if (node.name.startsWith('/')) return scopeOfPath(node.name.slice(1, LIMITS.maxNameBytes).split('/').slice(0, -1));
  const weight = node.input.find((name) => /\.(weight|bias)$/.test(name));
  return weight?.replace(/\.(weight|bias)$/, '');
}

/** The last scope but one of `['', 'layer1', 'layer1.conv1', 'conv2d']`. */
const INNERMOST = /'([^']*)', *'[^']*'\]?$/;

/** `layer1`, `layer1.0`, `conv1` is `layer1.0.conv1`: a segment that repeats its parent's name replaces it. */
function scopeOfPath(segments: readonly string[]): string {
  const path: string[] = [];
  for (const segment of segments) {
    const parent = path.at(-1);
    if (parent !== undefined && segment.startsWith(`${parent}.`)) path[path.length - 1] = segment;
    else path.push(segment);
  }
  return path.join('.');
}

/** What onnxscript's rewriter did to the node, if it says so. */
export function provenanceOf(node: OnnxNode): string | undefined {
  return property(node, 'pkg.onnxscript.rewriter.rule_name');
}

/** An entry of a node's metadata. */
export function property(node: OnnxNode, key: string): string | undefined {
  return node.metadataProps.find((entry) => entry.key === key)?.value;
}
