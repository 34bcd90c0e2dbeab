// The main job on an example the project makes itself: a ResNet-50 as an inference export would hold it.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join('.cache', 'demo');
const MODEL = join(FOLDER, 'resnet50.onnx');
const CLI = join('dist', 'cli.mjs');

/** Runs a command and shows it; the demo ends with the first that fails. */
function run(command, args) {
  console.log(`\n$ ${[command, ...args].join(' ')}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

mkdirSync(FOLDER, { recursive: true });
run(join('node_modules', '.bin', 'tsx'), [join('examples', 'make-resnet50.ts'), MODEL]);
run('node', [CLI, 'estimate', MODEL, '--batch-size', '64', '--optimizer', 'sgd-momentum', '--precision', 'amp-fp16']);
run('node', [CLI, 'pack', MODEL, '-o', join(FOLDER, 'configmap.yaml')]);
