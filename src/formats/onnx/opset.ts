import type { OnnxModel } from './schema.js';

/** The versions of ONNX's own operators that are read here; 28 came with ONNX 1.23. */
const OPSETS = { oldest: 7, newest: 28 } as const;

/** What is taken for granted where a model is written in operators of another version. */
export function opsetAssumptions({ opsetImport }: Pick<OnnxModel, 'opsetImport'>): readonly string[] {
  const versions = opsetImport.filter(({ domain }) => domain === '' || domain === 'ai.onnx');
  // Before IR version 3 nothing was imported, and everything was of version 1 (onnx/docs/Versioning.md).
  const version = versions.at(-1)?.version ?? (opsetImport.length === 0 ? 1 : OPSETS.oldest);
  if (version < OPSETS.oldest) return [`opset ${version} is read as opset ${OPSETS.oldest}`];
  if (version > OPSETS.newest) return [`opset ${version} is read as opset ${OPSETS.newest}, the newest known here`];
  return [];
}
