// Reads an Arrow stream or file with apache-arrow and writes what it read as a stream or file.
// Usage: node arrow-copy.mjs stream|file FROM TO
import { readFileSync, writeFileSync } from 'node:fs';
import { tableFromIPC, tableToIPC } from 'apache-arrow';

const [kind, from, to] = process.argv.slice(2);
writeFileSync(to, tableToIPC(tableFromIPC(readFileSync(from)), kind));
