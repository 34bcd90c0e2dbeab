/** Where the operator table and PyTorch keep different things on purpose: case by case, to the byte. */

export interface Difference {
  readonly cases: readonly string[];
  readonly onlyPyTorch: readonly string[];
  readonly onlyOurs: readonly string[];
  readonly reason: string;
}

const SDPA = 'scaled_dot_product_attention.default';

export const DIFFERENCES: readonly Difference[] = [
  {
    cases: [
      ...['', ' of other sizes', ' of turned heads', ' with a mask', ' with a trained mask'].map((each) => SDPA + each),
      '_scaled_dot_product_efficient_attention.default',
    ],
    onlyPyTorch: ['new int64 8', 'new int64 8'],
    onlyOurs: [],
    reason:
      'seed and offset are fake tensors of the GPU here; outside of a CUDA graph the kernel puts them on the host ' +
      '(aten/src/ATen/native/transformers/cuda/attention.cu, Note [Seed and Offset Device])',
  },
  {
    cases: ['_scaled_dot_product_cudnn_attention.default'],
    onlyPyTorch: ['new int64 8', 'new int64 8'],
    onlyOurs: ['new uint64 16', 'new uint64 8'],
    reason: 'the kernel is chosen when the model runs: the flash kernel is taken, whose random state has another form',
  },
  {
    cases: ['_scaled_dot_product_flash_attention_for_cpu.default'],
    onlyPyTorch: ['new float32 1280'],
    onlyOurs: ['new float32 2048'],
    reason: 'the kernel of the CPU; on a GPU the memory-efficient one runs, which rounds queries up to 32',
  },
  {
    cases: ['cross_entropy_loss.default smoothed'],
    onlyPyTorch: ['new bool 4', 'new int64 8'],
    onlyOurs: [],
    reason: 'smoothing keeps a mask of ignored labels and their count, of a byte per row where a row of scores is kept',
  },
];

/** Under autocast. */
export const AUTOCAST_DIFFERENCES: readonly Difference[] = [];

export const differenceOf = (name: string, among = DIFFERENCES): Difference | undefined =>
  among.find(({ cases }) => cases.includes(name));
