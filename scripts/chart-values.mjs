// The values of the chart as rows of its README's table: key, default, and the comment above it in values.yaml.
import { isMap, isPair, parseDocument } from 'yaml';

/**
 * A map whose keys carry no comments is one value; any other is a group of values.
 * @param {string} text values.yaml
 * @returns {[key: string, fallback: string, meaning: string][]}
 */
export function valueRows(text) {
  const { contents, errors } = parseDocument(text);
  if (errors.length > 0 || !isMap(contents)) throw new Error('values.yaml is no map');
  return rowsOf(contents, '');
}

/**
 * @param {import('yaml').YAMLMap} map
 * @param {string} prefix
 * @returns {[string, string, string][]}
 */
function rowsOf(map, prefix) {
  return map.items.filter(isPair).flatMap((pair, index) => {
    const key = `${prefix}${String(pair.key)}`;
    const { value } = pair;
    if (isMap(value) && value.items.some((_, at) => commentOn(value, at) !== '')) return rowsOf(value, `${key}.`);
    return [[key, JSON.stringify(value), commentOn(map, index)]];
  });
}

/** The parser keeps the comment above the first key with the map, every other one with its key. */
function commentOn(map, index) {
  const comment = map.items[index].key.commentBefore ?? (index === 0 ? map.commentBefore : undefined) ?? '';
  return comment
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
}
