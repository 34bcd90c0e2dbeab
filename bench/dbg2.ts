import { loadGraph } from '../src/cli/load.js';
import { bindGraph } from '../src/ops/bind.js';
const g = await loadGraph(process.argv[2]);
const b = bindGraph(g, { bindings: new Map([['batch', 2]]) });
const prod = new Map(b.layers.flatMap((l) => l.outputs.map((o) => [o, l])));
function show(id, d = 0) {
  const t = b.tensors.get(id);
  const p = prod.get(id);
  console.log(
    ' '.repeat(d * 2) + id,
    t?.role,
    JSON.stringify(t?.type?.shape),
    JSON.stringify(t?.value)?.slice(0, 60),
    p?.layer.type,
    p?.layer.type === 'ConstantOfShape' ? JSON.stringify(p.layer.attributes) : '',
  );
  if (p && d < 6 && !t?.value) p.inputs.forEach((i) => i && show(i, d + 1));
}
const bad = b.problems[0];
const l = b.layers.find((x) => x.layer.id === bad.layer);
console.log(bad);
l.inputs.forEach((i) => show(i));
