import type { Layer } from '../graph/index.js';
import { isNear } from './number.js';
import { inPlaceOf } from './recovery.js';
import type { Recovery } from './recovery.js';
import type { GraphView } from './view.js';

interface Gate {
  /** Outermost first. */
  readonly types: readonly string[];
  /** False for a layer of these types that is another function. */
  readonly isGate?: (layer: Layer) => boolean;
}

/** `x * gate(x)`: a gate of the same tensor it multiplies is one fused activation in training. */
function selfGated(name: string, type: string, gate: Gate): Recovery {
  return {
    name,
    assumption: (count) => `${name} restored from ${gate.types.join(' and ')} x Mul (${count}x)`,
    matcher: (view) => (layer) => {
      if (layer.type !== 'Mul') return undefined;
      for (const id of layer.inputs) {
        const chain = gateChain(view, id, gate);
        const input = chain?.at(-1)?.inputs[0];
        if (chain && input !== undefined && input === view.other(layer, id)) {
          return { remove: [...chain, layer], add: [inPlaceOf(layer, { type, inputs: [input] })] };
        }
      }
      return undefined;
    },
  };
}

/** The layers of the gate behind a tensor. */
function gateChain(view: GraphView, id: string, { types, isGate }: Gate): Layer[] | undefined {
  const chain: Layer[] = [];
  let at: string | undefined = id;
  for (const type of types) {
    const layer = view.producer(at, type);
    if (!layer || isGate?.(layer) === false) return undefined;
    chain.push(layer);
    at = layer.inputs[0];
  }
  return chain;
}

/** ONNX's default slope is 0.2; torch's hardsigmoid is x / 6 + 1 / 2. */
function isHardSigmoid({ attributes: { alpha, beta } }: Layer): boolean {
  return isNear(alpha, 1 / 6) && (beta === undefined || isNear(beta, 0.5));
}

/** torch.nn.SiLU, which keeps one tensor where Sigmoid and Mul keep two. */
export const silu = selfGated('SiLU', 'Swish', { types: ['Sigmoid'] });
/** torch.nn.Hardswish. */
export const hardswish = selfGated('Hardswish', 'HardSwish', { types: ['HardSigmoid'], isGate: isHardSigmoid });
/** torch.nn.Mish: x * tanh(softplus(x)). */
export const mish = selfGated('Mish', 'Mish', { types: ['Tanh', 'Softplus'] });
