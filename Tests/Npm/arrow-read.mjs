// Reads an Arrow stream or file with apache-arrow and prints the fields and all rows as JSON.
// Usage: node arrow-read.mjs PATH
import { readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';

const hex = (bytes) => Buffer.from(bytes).toString('hex').toUpperCase();
const wide = (words) => {
  let value = 0n;
  for (let i = words.length - 1; i >= 0; i--) { value = (value << 32n) | BigInt(words[i]); }
  return BigInt.asIntN(words.length * 32, value).toString();
};
const plain = (value) => {
  if (value === null || value === undefined) { return null; }
  if (typeof value === 'bigint') { return value.toString(); }
  if (typeof value !== 'object') { return value; }
  if (value instanceof Date) { return value.getTime(); }
  if (value instanceof Uint8Array) { return hex(value); }
  if (value instanceof Uint32Array) { return wide(value); }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) { return Array.from(value, plain); }
  if (typeof value.get === 'function' && 'length' in value) { return Array.from({ length: value.length }, (_, i) => plain(value.get(i))); }
  if (typeof value.toJSON === 'function') { return plain({ ...value.toJSON() }); }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
};

const table = tableFromIPC(readFileSync(process.argv[2]));
const columns = table.schema.fields.map((field, index) => {
  const vector = table.getChildAt(index);
  return {
    name: field.name,
    type: field.type.toString(),
    nullable: field.nullable,
    metadata: Object.fromEntries(field.metadata),
    nulls: vector.nullCount,
    values: Array.from({ length: table.numRows }, (_, row) => plain(vector.get(row))),
  };
});
console.log(JSON.stringify({ rows: table.numRows, batches: table.batches.length, columns }));
