const KiB = 1024;
const MiB = 1024 * KiB;

/** What a structure file may cost. Real files stay a factor of ten or more below each line. */
export const LIMITS = {
  /** Structure after payloads are skipped; the largest file seen has 2.3 MiB. */
  maxStructureBytes: 32 * MiB,
  /** Fields of a structure, and elements of its lists; each becomes an object of up to half a kilobyte. */
  maxFields: 2_000_000,
  /** A text format is read whole. */
  maxTextBytes: 16 * MiB,
  /** Values of a text format; the longest net seen has some 15,000. */
  maxValues: 500_000,
  /** Each costs tens of microseconds until it is sized; the largest net seen has 3,828 and 6,836 tensors. */
  maxLayers: 40_000,
  maxTensors: 200_000,
  /** Inputs or outputs of one layer. */
  maxOperands: 16_384,
  /** Nesting of messages, blocks and sub-graphs. */
  maxDepth: 64,
  /** ONNX itself stops at 64 or so; PyTorch at 64. */
  maxRank: 64,
  maxNameBytes: 4 * KiB,
  /** A literal of a text format; the longest are the settings of Python layers. */
  maxStringBytes: 64 * KiB,
  /** Sentences about what was taken for granted, of which a report can show a few. */
  maxAssumptions: 50,
  /** Largest payload of 32- and 64-bit integers kept: shapes, axes, indices. */
  maxIntegerPayloadBytes: 256 * KiB,
  /** Largest payload of anything else kept: scales, epsilons, clip bounds, conditions. */
  maxOtherPayloadBytes: 1 * KiB,
} as const;
