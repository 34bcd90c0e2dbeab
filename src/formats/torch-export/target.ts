/** What a node calls: `torch.ops.aten.relu_.default` is `relu` of `aten`, in place, overload `default`. */
export interface Target {
  /** As reports show it: `aten.relu_.default`. */
  readonly text: string;
  /** `relu`, or with its namespace `transformers.grouped_mm_fallback` outside of aten. */
  readonly operator: string;
  readonly overload: string;
  readonly inPlace: boolean;
}

/** An operator's in-place form has a trailing underscore; `__and__` has not. */
const IN_PLACE = /^(?!__).*[^_]_$/;

export function readTarget(target: string): Target {
  const text = target.replace(/^torch\.ops\./, '');
  const [namespace = '', name = '', overload = 'default'] = text.split('.');
  const inPlace = namespace === 'aten' && IN_PLACE.test(name);
  const plain = inPlace ? name.slice(0, -1) : name;
  return { text, operator: namespace === 'aten' ? plain : `${namespace}.${name}`, overload, inPlace };
}
