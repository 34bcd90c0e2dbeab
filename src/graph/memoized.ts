/** A function that computes each answer once. */
export function memoized<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const answers = new Map<Key, { readonly value: Value }>();
  return (key) => {
    const known = answers.get(key);
    if (known) return known.value;
    const value = compute(key);
    answers.set(key, { value });
    return value;
  };
}
