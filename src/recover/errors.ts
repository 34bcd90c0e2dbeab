/** The batch the file was exported with cannot be changed. */
export class BatchFixedError extends Error {
  override readonly name = 'BatchFixedError';

  constructor(from: number, to: number, reason: string) {
    super(
      `the batch of ${from} is baked in and cannot become ${to} (${reason}); export again with a dynamic batch: ` +
        "torch.onnx.export(model, args, path, dynamic_shapes={'x': {0: 'batch'}})",
    );
  }
}
