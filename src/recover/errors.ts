/** The batch a file was exported with, and the one it is wanted with. */
export interface BatchChange {
  readonly from: number;
  readonly to: number;
}

/** What a user can do about it, by format. */
const ADVICE: Readonly<Record<string, (inputs: readonly string[]) => string>> = {
  onnx: (inputs) => {
    const shapes = inputs.map((name) => `'${name.slice(0, 64)}': {0: 'batch'}`).join(', ');
    return `export again with a dynamic batch: torch.onnx.export(model, args, path, dynamic_shapes={${shapes}})`;
  },
  caffe: () => 'say it in the file: the first dim of its inputs, or the batch_size of its data layer',
};

/** The batch the file was exported with cannot be changed. */
export class BatchFixedError extends Error {
  override readonly name = 'BatchFixedError';

  constructor({ from, to }: BatchChange, reason: string, file: { format: string; inputs: readonly string[] }) {
    const advice = ADVICE[file.format]?.(file.inputs) ?? 'export again with a dynamic batch';
    super(`the batch of ${from} is baked in and cannot become ${to} (${reason}); ${advice}`);
  }
}
