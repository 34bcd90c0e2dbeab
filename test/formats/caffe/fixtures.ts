import { readFileSync } from 'node:fs';
import { bytesSource } from '../../../src/formats/byte-source.js';
import { caffe } from '../../../src/formats/caffe/index.js';
import type { Graph } from '../../../src/graph/index.js';
import { bindGraph } from '../../../src/ops/bind.js';
import type { BoundGraph } from '../../../src/ops/index.js';

export const FIXTURES = ['train_v2', 'train_v1', 'deploy', 'siamese'] as const;

/** A layer that reads `data`, for nets that need no more than one. */
export const CHAIN = 'layer { name: "r" type: "ReLU" bottom: "data" top: "r" }';

export function fixtureText(name: string): string {
  return readFileSync(new URL(`../../fixtures/caffe/${name}.prototxt`, import.meta.url), 'utf8');
}

export function parseText(text: string): Promise<Graph> {
  return caffe.parse(bytesSource(new TextEncoder().encode(text), 'net.prototxt'));
}

export function parseFixture(name: string): Promise<Graph> {
  return parseText(fixtureText(name));
}

/** Bound with the sizes the estimate takes for what a file leaves free. */
export function bound(graph: Graph): BoundGraph {
  const bindings = new Map([
    ['batch', 1],
    ['channels', 3],
    ['height', 224],
    ['width', 224],
  ]);
  return bindGraph(graph, { bindings });
}

export function shapeOf(graph: BoundGraph, id: string): readonly number[] | undefined {
  return graph.tensors.get(id)?.type?.shape;
}

/** Every operator that a layer reading `data` becomes, as `Type {attributes}`. */
export async function operatorsOf(type: string, fields = ''): Promise<readonly string[]> {
  const tops = fields.includes('top:') ? '' : 'top: "y"';
  const net = `input: "data" layer { name: "x" type: "${type}" bottom: "data" ${tops} ${fields} }`;
  const { layers } = await parseText(net);
  return layers.map((layer) => `${layer.type} ${JSON.stringify(layer.attributes)}`);
}
