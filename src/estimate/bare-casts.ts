import type { BoundGraph } from '../ops/index.js';

/**
 * The casts of what has no gradient that meet what has one, and are not cast again on the way. `x.to(torch.float32)` of
 * positions or of a buffer goes back to the model's dtype first (transformers, modeling_llama.py: `cos.to(dtype=x.dtype)`),
 * or everything behind it would be float32; what does not go back went to the model's dtype at once
 * (modeling_gptj.py: `sincos.to(key.dtype)`; a mask: `attention_mask.to(dtype)`).
 */
export function bareCasts({ layers, tensors, outputs }: BoundGraph): ReadonlySet<string> {
  const learned = new Set([...tensors.values()].flatMap(({ id, trainable }) => (trainable ? [id] : [])));
  for (const { inputs, outputs: made } of layers) {
    if (inputs.some((id) => learned.has(id))) made.forEach((id) => learned.add(id));
  }
  const meeting = new Set(outputs);
  const bare = new Set<string>();
  for (const { layer, inputs, outputs: made } of layers.toReversed()) {
    const isMeeting = made.some((id) => learned.has(id) || meeting.has(id));
    if (layer.type !== 'Cast' && isMeeting) inputs.forEach((id) => meeting.add(id));
    else if (isMeeting) made.forEach((id) => !learned.has(id) && bare.add(id));
  }
  return bare;
}
