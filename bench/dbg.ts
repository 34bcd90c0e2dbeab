import { loadGraph } from '/work/main/src/cli/load.js';
import { sizeModel } from '/work/main/src/admission/size.js';
const g = await loadGraph(process.argv[2]);
const b = Number(process.argv[3]??2);
const s = sizeModel(g, { batchSize: { value: b, from: 'option' } }, {asIs: process.argv[4]==='as-is'});
console.log(s.bound.problems.slice(0,8), s.bound.unknownOps, s.assumptions);
