// A gateway of OrleansFlow used by @grpc/grpc-js and apache-arrow: compression and dictionaries on request, DoExchange, live streams.
// Usage: node gateway-client.mjs PORT UPLOAD. Prints what it saw as one JSON object.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import { compressionRegistry, CompressionType, Message, RecordBatchStreamWriter, tableFromArrays } from 'apache-arrow';
import { decompress as zstd } from 'fzstd';
import { collect, toMessages, toTable } from './flight-tools.mjs';

const lz4 = createRequire(import.meta.url)('lz4js');
compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (bytes) => lz4.decompress(bytes) });
compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => zstd(bytes) });

const folder = path.dirname(fileURLToPath(import.meta.url));
const protos = path.join(folder, '..', '..', 'Foundation', 'Flight', 'Protos');
const definition = protoLoader.loadSync(path.join(protos, 'flight.proto'), { longs: Number, enums: String, defaults: true });
const { FlightService } = grpc.loadPackageDefinition(definition).arrow.flight.protocol;
const [port, upload] = process.argv.slice(2);
const client = new FlightService(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 });

const pathOf = (...parts) => ({ type: 'PATH', path: parts });
const headersOf = (values) => {
  const metadata = new grpc.Metadata();
  Object.entries(values).forEach(([key, value]) => metadata.set(key, value));
  return metadata;
};
const unary = (method, request, headers = {}) => new Promise((resolve) => {
  client[method](request, headersOf(headers), (error, reply) => resolve(error ? { code: error.code, details: error.details } : reply));
});
const rows = (table) => table.toArray().map((row) => Object.fromEntries(
  Object.entries(row.toJSON()).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value])));

const report = {};
const info = await unary('getFlightInfo', pathOf('uploads', upload));

for (const compression of ['none', 'lz4', 'zstd']) {
  for (const dictionaries of ['keep', 'decode']) {
    const headers = { 'x-orleansflow-compression': compression, 'x-orleansflow-dictionaries': dictionaries };
    const got = await collect(client.doGet(info.endpoint[0].ticket, headersOf(headers)));
    const kinds = got.messages.map((message) => Message.decode(message.dataHeader));
    const table = toTable(got.messages);
    report[`${compression}/${dictionaries}`] = {
      code: got.code,
      compressed: kinds.filter((message) => message.isRecordBatch()).every((message) => message.header().compression != null),
      dictionaryMessages: kinds.filter((message) => message.isDictionaryBatch()).length,
      type: table.schema.fields[0].type.toString(),
      rows: table.numRows,
      first: rows(table)[0],
      last: rows(table).at(-1),
    };
  }
}

const refused = await collect(client.doGet(info.endpoint[0].ticket, headersOf({ 'x-orleansflow-compression': 'brotli' })));
report.unknownCompression = { code: refused.code, names: refused.details.includes('lz4') };

const sent = tableFromArrays({ a: Int32Array.from([1, 2, 3, 4]), b: Float64Array.from([0.5, 0.25, 0.125, 1]) });
const exchange = async (sql, withBatches, headers = {}) => {
  const call = client.doExchange(headersOf(headers));
  const answer = collect(call);
  if (withBatches) {
    toMessages(Buffer.from(await RecordBatchStreamWriter.writeAll(sent).toUint8Array())).forEach((message, index) =>
      call.write(index === 0 ? { ...message, flightDescriptor: pathOf('exchange', sql) } : message));
  } else {
    call.write({ flightDescriptor: pathOf('exchange', sql) });
  }

  call.end();
  const { code, messages } = await answer;
  return code === 0 ? { code, rows: rows(toTable(messages)) } : { code };
};
report.exchange = await exchange('select sum(a)::integer as a, sum(b) as b from input where a > 1', true);
report.exchangeCompressed = await exchange('select a from input order by a desc limit 1', true, { 'x-orleansflow-compression': 'lz4' });
report.exchangeWithoutBatches = await exchange('select 7 as seven', false);
report.exchangeOfNoTable = await exchange('select * from input', false);

// A live stream: appended to twice, read as a range, then followed until the next rows come.
const append = async () => {
  const call = client.doPut();
  const answer = collect(call);
  toMessages(Buffer.from(await RecordBatchStreamWriter.writeAll(sent).toUint8Array())).forEach((message, index) =>
    call.write(index === 0 ? { ...message, flightDescriptor: pathOf('streams', 'from-js') } : message));
  call.end();
  const { code, messages } = await answer;
  return { code, receipts: messages.map((message) => JSON.parse(message.appMetadata)) };
};
report.append = [await append(), await append()];
const range = await unary('getFlightInfo', pathOf('streams', 'from-js', '2', 'latest'));
const ranged = await collect(client.doGet(range.endpoint[0].ticket));
report.range = { bounds: JSON.parse(range.appMetadata), records: range.totalRecords, code: ranged.code, a: rows(toTable(ranged.messages)).map((row) => row.a) };
const follow = await unary('getFlightInfo', pathOf('streams', 'from-js', 'latest'));
report.follow = await new Promise((resolve) => {
  const call = client.doGet(follow.endpoint[0].ticket);
  const messages = [];
  call.on('error', () => {});
  call.on('data', (message) => {
    messages.push(message);
    if (Message.decode(message.dataHeader).isSchema()) {
      append();
    } else {
      call.cancel();
      resolve({ offset: JSON.parse(message.appMetadata).offset, rows: toTable(messages).numRows });
    }
  });
});

console.log(JSON.stringify(report));
client.close();
