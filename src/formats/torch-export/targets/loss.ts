import type { OpType } from '../../../ops/index.js';
import type { Call, GivenAttributes, Row } from '../call.js';
import { all, REDUCTIONS } from './rows.js';
import type { Rows } from './rows.js';

const loss =
  (type: OpType, attributes: (call: Call) => GivenAttributes = () => ({})): Row =>
  (call: Call) => {
    const inputs = [call.operand('self'), call.operand('target')];
    const weight = call.operand('weight');
    const reduction = REDUCTIONS[call.number('reduction', 1)];
    call.result(type, weight === '' ? inputs : [...inputs, weight], { axis: 1, reduction, ...attributes(call) });
  };

export const LOSS: Rows = {
  cross_entropy_loss: loss('SoftmaxCrossEntropyLoss'),
  ...all(['nll_loss', 'nll_loss_nd', 'nll_loss2d', 'nll_loss_forward'], loss('NegativeLogLikelihoodLoss')),
  mse_loss: loss('MSELoss'),
  ...all(['smooth_l1_loss', 'huber_loss'], loss('SmoothL1Loss')),
  l1_loss: loss('L1Loss'),
  binary_cross_entropy: loss('BinaryCrossEntropyLoss'),
  kl_div: loss('KLDivLoss', (call) => ({ log_target: call.number('log_target', 0) })),
  soft_margin_loss: loss('SoftMarginLoss'),
  multi_margin_loss: loss('HingeLoss'),
  multilabel_margin_loss: loss('MultiLabelMarginLoss'),
  binary_cross_entropy_with_logits: loss('SigmoidCrossEntropyLoss'),
};
