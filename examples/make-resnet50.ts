/** Writes a ResNet-50 as an inference export holds it: batch-norm folded away, the batch free, no weights. */
import { writeFileSync } from 'node:fs';
import { writeModel } from './onnx-writer.js';
import { resnet50 } from './resnet.js';

const [, , path = 'resnet50.onnx'] = process.argv;
const bytes = writeModel(resnet50({ norm: 'folded' }));
writeFileSync(path, bytes);
console.log(`${path}: ${bytes.byteLength} bytes`);
