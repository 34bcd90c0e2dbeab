/** What the tables of targets are put together from. */
import type { OpType } from '../../../ops/index.js';
import type { Call, GivenAttributes, Row } from '../call.js';

/** What becomes of the loss of each element (torch/nn/_reduction.py). */
export const REDUCTIONS = ['none', 'mean', 'sum'] as const;

export type Rows = Readonly<Record<string, Row>>;

/** One layer that reads these arguments, in the operator's order. */
export function row(
  type: OpType,
  operands: readonly string[] = ['self'],
  attributes: (call: Call) => GivenAttributes = () => ({}),
): Row {
  return (call) => {
    call.result(type, trimmed(operands.map((name) => call.operand(name))), attributes(call));
  };
}

/** Absent operands at the end are left out. */
export function trimmed(inputs: readonly string[]): readonly string[] {
  return inputs.slice(0, inputs.findLastIndex((id) => id !== '') + 1);
}

/** The tensor itself. */
export const identity = row('Identity');

/** Checks that the exporter wrote down: nothing is computed. */
export const nothing: Row = () => undefined;

/** A number of Python. */
export function scalar(call: Call, value: number): string {
  return call.constant({ dtype: 'float32', shape: [], value: [value] });
}

/** Several targets of one row. */
export function all(targets: readonly string[], each: Row): Rows {
  return Object.fromEntries(targets.map((target) => [target, each]));
}

/** A layer is trained that was exported for evaluation. */
export function evaluated(call: Call, flag: string, type: OpType): void {
  if (call.number(flag, 1) !== 0) return;
  call.assembly.evaluated.set(type, (call.assembly.evaluated.get(type) ?? 0) + 1);
}
