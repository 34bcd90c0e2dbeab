import { SETUP_DEFAULTS, TRAINING_OPTIONS } from '../estimate/index.js';

const DEFAULTS: Readonly<Record<string, string | number>> = SETUP_DEFAULTS;

/** The usage text; the training options come from the table the annotations come from. */
export function helpText(): string {
  const options = TRAINING_OPTIONS.map(({ name, key, placeholder, description }) => {
    const fallback = DEFAULTS[key];
    const note = fallback === undefined ? '' : ` (default ${fallback})`;
    return (
      line(`--${name} ${placeholder.includes('|') ? 'NAME' : placeholder}`, `${description}${note}`) +
      choices(placeholder)
    );
  });
  return [
    'layergauge: the GPU memory and compute that training a model needs, from its structure alone',
    '',
    'usage',
    line('layergauge estimate FILE…', 'estimate one or more models'),
    line('layergauge pack FILE [-o FILE]', 'the structure without weights, as a ConfigMap'),
    line('layergauge explain FILE', 'what the webhook would do with a Pod, or the pods of a Job, without a cluster'),
    line('layergauge formats', 'what can be read'),
    line('layergauge --version', ''),
    '',
    'options of estimate',
    ...options,
    line('--gpu PRODUCT', 'GPU to time the step on (default: the smallest that fits)'),
    line('--context-mib N', "CUDA context and modules, in place of the table's value"),
    line('--threshold SHARE', "layers above this share of the heaviest layer's time are dominant (default 0.1)"),
    line('--target-step-time T', 'time one step may take, such as 250ms'),
    line('--as-is', 'take the graph as it was exported: restore nothing'),
    line('--json', 'machine-readable; one line per file where there are several'),
    '',
    'options of explain',
    line('--configmap FILE', 'a ConfigMap that holds the model, as pack writes it'),
    line('--nodes FILE', "the cluster's nodes, as kubectl get nodes -o yaml writes them"),
    '',
    'exit codes: 0 fine, 1 the input is wrong, 2 the command line is wrong',
  ].join('\n');
}

function line(left: string, right: string): string {
  return `  ${left.padEnd(32)}${right}`.trimEnd();
}

function choices(placeholder: string): string {
  return placeholder.includes('|') ? `\n  ${' '.repeat(32)}${placeholder.replaceAll('|', ', ')}` : '';
}
