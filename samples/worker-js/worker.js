// A worker with two roles in JavaScript.
//   js.words: cuts params.text into words, one output batch a line.
//   js.count: counts the words of its parents.
// Usage: node worker.js GATEWAY [WORKER_ID] [SLOTS]; FLOW_TOKEN for a gateway that asks for a token.
'use strict';
const fs = require('node:fs');
const { tableFromArrays, tableFromIPC, tableToIPC } = require('apache-arrow');
const { WorkerSession, PermanentError } = require('./session.js');

async function words(attempt) {
  const { text, delay_ms: delay } = attempt.params;
  if (typeof text !== 'string') throw new PermanentError('bad_input', `'text' must be a text; it is ${JSON.stringify(text)}.`);
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    attempt.throwIfStopped();
    const table = tableFromArrays({ word: line.split(/\s+/).filter((word) => word) });
    await attempt.emit(table.numRows, tableToIPC(table, 'file'), index);
    attempt.progress((index + 1) / lines.length);
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
  }
  return { lines: lines.length };
}

async function count(attempt) {
  const counts = {};
  for await (const { path } of attempt.inputs()) {
    for (const { word } of tableFromIPC(fs.readFileSync(path))) counts[word] = (counts[word] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort());
}

const [gateway, workerId = `js-${process.pid}`, slots = '2'] = process.argv.slice(2);
const session = new WorkerSession({
  address: gateway, workerId, slots: Number(slots), version: '1.0', labels: { language: 'javascript' },
  roles: { 'js.words': words, 'js.count': count }, token: process.env.FLOW_TOKEN,
});
process.on('SIGTERM', () => session.drain());
process.on('SIGINT', () => session.drain());
session.run(({ session_id: id }) => console.log(`registered ${workerId} ${id}`))
  .then(() => console.log('drained'), (error) => { console.error(error.message); process.exitCode = 1; });
