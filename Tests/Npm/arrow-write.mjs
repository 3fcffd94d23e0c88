// Writes a known table of two batches with apache-arrow.
// Usage: node arrow-write.mjs stream|file PATH
import { writeFileSync } from 'node:fs';
import {
  Bool, DateDay, Dictionary, Field, FixedSizeList, Float64, Int16, Int32, Int64, List, Struct, Table, TimestampMicrosecond, Utf8,
  tableToIPC, vectorFromArray,
} from 'apache-arrow';

const item = (type) => new Field('item', type, true);
// One vector for both batches, because a file holds one dictionary a column.
const words = vectorFromArray(Array.from({ length: 17 }, (_, i) => (i % 3 === 2 ? null : `w${i % 2}`)), new Dictionary(new Utf8(), new Int32(), 7));
const make = (from, count) => {
  const rows = Array.from({ length: count }, (_, i) => from + i);
  const sparse = (make) => rows.map((i) => (i % 3 === 2 ? null : make(i)));
  return {
    id: vectorFromArray(rows.map(BigInt), new Int64()),
    number: vectorFromArray(sparse((i) => i / 4), new Float64()),
    flag: vectorFromArray(sparse((i) => i % 2 === 0), new Bool()),
    text: vectorFromArray(sparse((i) => `größe ${i}`), new Utf8()),
    word: words.slice(from, from + count),
    at: vectorFromArray(sparse((i) => 1_700_000_000_000 + i), new TimestampMicrosecond('UTC')),
    day: vectorFromArray(sparse((i) => new Date(86_400_000 * (19_000 + i))), new DateDay()),
    list: vectorFromArray(sparse((i) => Array.from({ length: i % 3 }, (_, k) => k + i)), new List(item(new Int32()))),
    pair: vectorFromArray(sparse((i) => [i, -i]), new FixedSizeList(2, item(new Int16()))),
    row: vectorFromArray(sparse((i) => ({ a: i, b: `b${i}` })), new Struct([new Field('a', new Int32(), true), new Field('b', new Utf8(), true)])),
  };
};

const table = new Table(make(0, 7)).concat(new Table(make(7, 10)));
writeFileSync(process.argv[3], tableToIPC(table, process.argv[2]));
