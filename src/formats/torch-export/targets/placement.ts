import type { Call } from '../call.js';
import { all, row } from './rows.js';
import type { Rows } from './rows.js';
import { axesOf } from './view.js';

const along = (call: Call): { axis: number } => ({ axis: call.number('dim', 0) });

/** Back to the size in front of the pool, of the axes behind the channels. */
function maxUnpool(call: Call): void {
  const self = call.operand('self');
  const sizes = call.sizes('output_size') ?? [];
  const leading = axesOf(call, self, [0, call.rankOf(self) - sizes.length]);
  call.result('MaxUnpool', [self, call.operand('indices'), call.vector([...leading, ...sizes])]);
}

/** The size of the image that the grid is for. */
function affineGrid(call: Call): void {
  call.result('AffineGrid', [call.operand('theta'), call.vector(call.sizes('size') ?? [])]);
}

/** Only orders of which backward is known to the byte. */
function dist(call: Call): void {
  const isKnown = [1, 2].includes(call.number('p', 2));
  call.result(isKnown ? 'TensorDistance' : call.target.text, [call.operand('self'), call.operand('other')]);
}

function pdist(call: Call): void {
  call.result('PairDistances', [call.layer('Contiguous', [call.operand('self')])]);
}

/** Sources: aten/src/ATen/native/native_functions.yaml, Distance.cpp, AffineGridGenerator.cpp. */
export const PLACEMENT: Rows = {
  'index_fill.int_Scalar': row('IndexFill', ['self', 'index'], along),
  index_copy: row('IndexCopy', ['self', 'source', 'index'], along),
  take: row('Take', ['self', 'index']),
  channel_shuffle: row('ChannelShuffle', ['self'], (call) => ({ group: call.number('groups', 1) })),
  ...all(['max_unpool2d', 'max_unpool3d'], maxUnpool),
  affine_grid_generator: affineGrid,
  dist,
  pdist,
  _pdist_forward: row('PairDistances'),
};
