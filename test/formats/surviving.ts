/** What must come of any file: an estimate of finite numbers or a FormatError, within the deadline. */
import { sizeModel } from '../../src/admission/size.js';
import type { Sized } from '../../src/admission/size.js';
import { FormatError, bytesSource, parseStructure } from '../../src/formats/index.js';
import { inTime } from './in-time.js';

/** The code of the refusal, or `sized`. */
export async function outcome(bytes: Uint8Array, name = 'model.onnx'): Promise<string> {
  const result = await inTime(() => sized(bytes, name));
  if (result instanceof FormatError) return result.code;
  const { memory, compute, layers } = result.estimate;
  const numbers = [memory.expectedBytes, memory.upperBytes, compute.trainingFlops, compute.stepSeconds];
  numbers.push(...Object.values(memory.breakdown), ...layers.slice(0, 1000).flatMap((layer) => [layer.memoryBytes]));
  for (const number of numbers) if (!(Number.isFinite(number) && number >= 0)) return `sized ${number}`;
  return 'sized';
}

async function sized(bytes: Uint8Array, name: string): Promise<Sized | FormatError> {
  try {
    return sizeModel(await parseStructure(bytesSource(bytes, name)), {});
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}
