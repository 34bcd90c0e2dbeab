import { specOf } from '../../ops/index.js';
import { FormatError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { operatorName } from './domains.js';
import type {
  OnnxAttribute,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValueInfo,
} from './schema.js';

/**
 * The graph of a model with the bodies of its own functions (onnx.proto, FunctionProto) in the place of the nodes that
 * call them. Operators of the table stay: their rows know more than a body says.
 */
export function inlineFunctions(model: OnnxModel, graph: OnnxGraph): OnnxGraph {
  const functions = new Map(model.functions.map((each) => [keyOf({ ...each, opType: each.name }), each]));
  return functions.size === 0 ? graph : new Inliner(functions).graph(graph, 0);
}

type Callee = Pick<OnnxNode, 'domain' | 'opType' | 'overload'>;

function keyOf({ domain, opType, overload }: Callee): string {
  return JSON.stringify([domain === 'ai.onnx' ? '' : domain, opType, overload]);
}

/** What names and attributes inside a body stand for in one call of it. */
interface Call {
  /** In front of everything that the body names for itself. */
  readonly prefix: string;
  readonly names: ReadonlyMap<string, string>;
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

const MAX_PREFIX_LENGTH = 64;

class Inliner {
  private calls = 0;
  private nodes = 0;
  /** Names and attributes that were put in the place of others. */
  private replacements = 0;
  private characters = 0;

  constructor(private readonly functions: ReadonlyMap<string, OnnxFunction>) {}

  graph(graph: OnnxGraph, depth: number): OnnxGraph {
    return { ...graph, node: graph.node.flatMap((node) => this.expand(node, depth)) };
  }

  private expand(node: OnnxNode, depth: number): readonly OnnxNode[] {
    const isKnown = specOf(operatorName(node.domain, node.opType)) !== undefined;
    const callee = isKnown ? undefined : this.functions.get(keyOf(node));
    if (!callee) return [this.withBodies(node, depth)];
    if (depth >= LIMITS.maxDepth) throw limit(`functions call each other deeper than ${LIMITS.maxDepth}`);
    const call = this.enter(node, callee);
    return callee.node.flatMap((inner) => this.expand(this.renamed(inner, call), depth + 1));
  }

  /** Functions may be called inside branches too. */
  private withBodies(node: OnnxNode, depth: number): OnnxNode {
    if (!node.attribute.some(({ g }) => g)) return node;
    return {
      ...node,
      attribute: node.attribute.map((each) => (each.g ? { ...each, g: this.graph(each.g, depth) } : each)),
    };
  }

  private enter(node: OnnxNode, callee: OnnxFunction): Call {
    this.count(callee.input.length + callee.output.length + callee.attributeProto.length + node.attribute.length);
    const actual = (names: readonly string[], given: readonly string[]): [string, string][] =>
      names.map((name, index) => [name, given[index] ?? '']);
    // An output that the caller does not take keeps a name of its own.
    const taken = actual(callee.output, node.output).filter(([, name]) => name !== '');
    return {
      prefix: `${callee.name.slice(0, MAX_PREFIX_LENGTH)}_${++this.calls}/`,
      names: new Map([...actual(callee.input, node.input), ...taken]),
      attributes: new Map([...callee.attributeProto, ...node.attribute].map((each) => [each.name, each])),
    };
  }

  private renamed(node: OnnxNode, call: Call): OnnxNode {
    if (++this.nodes > LIMITS.maxLayers) throw limit(`the functions become more than ${LIMITS.maxLayers} nodes`);
    this.count(node.input.length + node.output.length + node.attribute.length);
    return {
      ...node,
      name: call.prefix + (node.name === '' ? `${node.opType}_${this.nodes}` : node.name),
      input: node.input.map((name) => this.rename(name, call)),
      output: node.output.map((name) => this.rename(name, call)),
      attribute: node.attribute.flatMap((each) => this.attribute(each, call)),
    };
  }

  private count(replacements: number): void {
    this.replacements += replacements;
    if (this.replacements > LIMITS.maxFields) {
      throw limit(`the functions become more than ${LIMITS.maxFields} names and attributes`);
    }
  }

  private attribute(attribute: OnnxAttribute, call: Call): readonly OnnxAttribute[] {
    if (attribute.refAttrName !== '') {
      const given = call.attributes.get(attribute.refAttrName);
      return given ? [{ ...given, name: attribute.name }] : [];
    }
    return [attribute.g ? { ...attribute, g: this.renamedGraph(attribute.g, call) } : attribute];
  }

  private renamedGraph(graph: OnnxGraph, call: Call): OnnxGraph {
    const named = <T extends OnnxTensor | OnnxValueInfo>(each: T): T => ({
      ...each,
      name: this.rename(each.name, call),
    });
    return {
      ...graph,
      node: graph.node.map((node) => this.renamed(node, call)),
      initializer: graph.initializer.map(named),
      input: graph.input.map(named),
      output: graph.output.map(named),
      valueInfo: graph.valueInfo.map(named),
    };
  }

  private rename(name: string, { names, prefix }: Call): string {
    const result = name === '' ? '' : (names.get(name) ?? prefix + name);
    this.characters += result.length;
    if (this.characters > LIMITS.maxStructureBytes) {
      throw limit(`the functions become more than ${LIMITS.maxStructureBytes} bytes of names`);
    }
    return result;
  }
}

function limit(message: string): FormatError {
  return new FormatError({ code: 'LIMIT_EXCEEDED', format: 'onnx', message });
}
