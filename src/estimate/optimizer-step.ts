import type { TensorType } from '../ops/index.js';
import { defaultImplementation, OPTIMIZERS } from './optimizers.js';
import type { OptimizerName, OptimizerSpec } from './optimizers.js';
import { scalar, state as stateOf } from './optimizer-parts.js';
import type { Implementation, OptimizerTensor, StepAction } from './optimizer-parts.js';
import type { PlannedTensor } from './plan.js';
import type { TrainingSetup } from './setup.js';
import { ROWS } from './step-state.js';
import type { StepState } from './step-state.js';
import type { TracedBlock } from './tape.js';

export interface OptimizerChoice {
  readonly optimizer: OptimizerName;
  readonly implementation: Implementation;
  /** True where the weight decay is not 0. */
  readonly decayed: boolean;
}

export function optimizerChoice(
  setup: Pick<TrainingSetup, 'optimizer' | 'optimizerImplementation' | 'weightDecay'>,
): OptimizerChoice {
  const { optimizer, optimizerImplementation, weightDecay } = setup;
  return {
    optimizer: optimizer.value,
    implementation: optimizerImplementation.value,
    decayed: weightDecay.value > 0,
  };
}

/** The parameters that one row of the table updates. */
interface Group {
  readonly spec: OptimizerSpec;
  readonly implementation: Implementation;
  readonly parameters: readonly PlannedTensor[];
}

/** Muon refuses all but matrices and leaves them to another row; every other optimizer takes what it is given. */
function groupsOf({ optimizer, implementation }: OptimizerChoice, parameters: readonly PlannedTensor[]): Group[] {
  const spec: OptimizerSpec = OPTIMIZERS[optimizer];
  const { others } = spec;
  if (others === undefined) return [{ spec, implementation, parameters }];
  const isMatrix = ({ type }: PlannedTensor): boolean => type.shape.length === 2;
  return [
    { spec, implementation, parameters: parameters.filter(isMatrix) },
    {
      spec: OPTIMIZERS[others],
      implementation: defaultImplementation(others),
      parameters: parameters.filter((parameter) => !isMatrix(parameter)),
    },
  ];
}

/** `optimizer = Optimizer(model.parameters())`, where that makes the states. */
export function constructOptimizer(state: StepState, choice: OptimizerChoice): void {
  for (const group of groupsOf(choice, state.parameters)) {
    if (group.spec.appear === 'constructor') makeStates(state, group);
  }
}

/** `optimizer.step()`: states where there are none yet, then the update with its temporaries. */
export function stepOptimizer(state: StepState, choice: OptimizerChoice): void {
  const stepped = state.parameters.filter(({ storage }) => state.gradients.ofParameters.has(storage));
  for (const group of groupsOf(choice, stepped)) {
    if (group.parameters.length === 0) continue;
    makeStates(state, group);
    if (group.spec.multiplies) state.useBlas('cublas');
    new Step(state, choice.decayed).run(group);
  }
}

function statesOf({ spec, implementation }: Pick<Group, 'spec' | 'implementation'>): readonly OptimizerTensor[] {
  return spec.countsOnDevice && implementation === 'fused' ? [stateOf('step', scalar), ...spec.states] : spec.states;
}

function makeStates(state: StepState, group: Group): void {
  const states = statesOf(group);
  for (const { storage, type } of group.parameters) {
    if (state.optimizerStates.has(storage)) continue;
    const made = states.map(({ bytes }) => state.tape.allocate(bytes(type), ROWS.optimizer, 'optimizerStates'));
    state.optimizerStates.set(storage, made);
  }
}

/** Bytes of all states of these parameters, before the allocator rounds them. */
export function stateBytes(choice: OptimizerChoice, parameters: readonly PlannedTensor[]): number {
  let bytes = 0;
  for (const group of groupsOf(choice, parameters)) {
    for (const { type } of group.parameters) for (const each of statesOf(group)) bytes += each.bytes(type);
  }
  return bytes;
}

/** One call of an implementation: its local names, and what they hold. */
class Step {
  private readonly names = new Map<string, readonly TracedBlock[]>();

  constructor(
    private readonly state: StepState,
    private readonly decayed: boolean,
  ) {}

  run({ spec, implementation, parameters }: Group): void {
    const actions = spec.steps[implementation] ?? [];
    const types = parameters.map(({ type }) => type);
    const lists = implementation === 'for-loop' ? types.map((type) => [type]) : [types];
    for (const list of lists) for (const action of actions) this.act(action, list);
    for (const name of [...this.names.keys()]) this.drop(name);
  }

  private act(action: StepAction, list: readonly TensorType[]): void {
    if (action.kind === 'drop') {
      this.drop(action.name);
      return;
    }
    if (action.when === (this.decayed ? 'plain' : 'decayed')) return;
    const made = list.map((type) => this.state.tape.allocate(action.bytes(type), ROWS.optimizer, 'temporaries'));
    this.drop(action.name);
    this.names.set(action.name, made);
  }

  private drop(name: string): void {
    for (const block of this.names.get(name) ?? []) this.state.tape.release(block);
    this.names.delete(name);
  }
}
