import type { OpType } from '../../ops/index.js';

/** Operators of ONNX Runtime's own domain that are ONNX operators under another name. */
const MICROSOFT = {
  Gelu: 'Gelu',
  FastGelu: 'Gelu',
  QuickGelu: 'Swish',
  FusedMatMul: 'FusedMatMul',
  FusedConv: 'Conv',
  SimplifiedLayerNormalization: 'RMSNormalization',
} as const satisfies Record<string, OpType>;

/** The operator's name in the table; other domains keep theirs in front, so that reports say whose it is. */
export function operatorName(domain: string, opType: string): string {
  if (domain === '' || domain === 'ai.onnx') return opType;
  const isKnown = domain === 'com.microsoft' && Object.hasOwn(MICROSOFT, opType);
  return isKnown ? MICROSOFT[opType as keyof typeof MICROSOFT] : `${domain}.${opType}`;
}
