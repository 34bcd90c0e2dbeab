const KiB = 1024;
const MiB = 1024 * KiB;

/** What a structure file may cost. Real files stay a factor of ten or more below each line. */
export const LIMITS = {
  /** Structure after payloads are skipped; the largest corpus file has 1.4 MiB. */
  maxStructureBytes: 64 * MiB,
  /** Fields of a structure, and elements of its lists; each becomes an object of up to half a kilobyte. */
  maxFields: 2_000_000,
  /** A text format is read whole. */
  maxTextBytes: 16 * MiB,
  maxLayers: 200_000,
  maxTensors: 1_000_000,
  /** Inputs or outputs of one layer. */
  maxOperands: 16_384,
  /** Nesting of messages, blocks and sub-graphs. */
  maxDepth: 64,
  /** ONNX itself stops at 64 or so; PyTorch at 64. */
  maxRank: 64,
  maxNameBytes: 4 * KiB,
  /** Largest payload of integers kept: shapes, axes, indices. */
  maxIntegerPayloadBytes: 256 * KiB,
  /** Largest payload of anything else kept: scales, epsilons, clip bounds. */
  maxOtherPayloadBytes: 1 * KiB,
} as const;
