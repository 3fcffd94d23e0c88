// A Flight client made of @grpc/grpc-js and apache-arrow. Prints what it saw as one JSON object.
// Usage: node flight-client.mjs PORT
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import { RecordBatchStreamWriter, tableFromArrays, tableFromIPC, vectorFromArray, Table, Utf8 } from 'apache-arrow';
import { collect, endOfStream, toMessages, toTable } from './flight-tools.mjs';

const folder = path.dirname(fileURLToPath(import.meta.url));
const protos = path.join(folder, '..', '..', 'Foundation', 'Flight', 'Protos');
const definition = protoLoader.loadSync(path.join(protos, 'flight.proto'), { longs: Number, enums: String, defaults: true });
const { FlightService } = grpc.loadPackageDefinition(definition).arrow.flight.protocol;
const client = new FlightService(`127.0.0.1:${process.argv[2]}`, grpc.credentials.createInsecure(), {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc-node.flow_control_window': 8 * 1024 * 1024,
});

const pathOf = (...parts) => ({ type: 'PATH', path: parts });
const unary = (method, request) => new Promise((resolve) => {
  client[method](request, (error, reply) => resolve(error ? { code: error.code, details: error.details } : reply));
});
const describe = (schema) => schema.fields.map((field) => `${field.name}:${field.type}${field.nullable ? '?' : ''}`);
const summary = (table) => ({
  rows: table.numRows,
  batches: table.batches.length,
  fields: describe(table.schema),
  first: Object.fromEntries(Object.entries(table.get(0).toJSON()).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value])),
  last: Object.fromEntries(Object.entries(table.get(table.numRows - 1).toJSON()).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value])),
});

const report = {};

const listed = await collect(client.listFlights({}));
report.list = { code: listed.code, flights: listed.messages.map((info) => `${info.flightDescriptor.path.join('/')}=${info.totalRecords}`) };

const info = await unary('getFlightInfo', pathOf('numbers', '3'));
report.info = {
  records: info.totalRecords,
  endpoints: info.endpoint.length,
  fields: describe(tableFromIPC(Buffer.concat([info.schema, endOfStream])).schema),
};

const schema = await unary('getSchema', pathOf('numbers', '3'));
report.schema = describe(tableFromIPC(Buffer.concat([schema.schema, endOfStream])).schema);

const got = await collect(client.doGet(info.endpoint[0].ticket));
report.get = { code: got.code, ...summary(toTable(got.messages)) };

report.missing = (await unary('getFlightInfo', pathOf('nothing'))).code;
report.badTicket = (await collect(client.doGet({ ticket: Buffer.from([1, 2, 3]) }))).code;
report.badDescriptor = (await unary('getFlightInfo', {})).code;
const poll = await unary('pollFlightInfo', pathOf('numbers', '3'));
report.poll = { progress: poll.progress, records: poll.info.totalRecords, next: poll.flightDescriptor };

const table = new Table({
  id: tableFromArrays({ id: BigInt64Array.from([1n, 2n, 3n, 4n]) }).getChild('id'),
  name: vectorFromArray(['a', null, 'größe', ''], new Utf8()),
});
const put = client.doPut();
const putResult = collect(put);
toMessages(Buffer.from(await RecordBatchStreamWriter.writeAll(table).toUint8Array())).forEach((message, index) =>
  put.write(index === 0 ? { ...message, flightDescriptor: pathOf('upload', 'from-js') } : message));
put.end();
const acknowledged = await putResult;
report.put = { code: acknowledged.code, results: acknowledged.messages.map((message) => message.appMetadata.toString()) };
const uploaded = await unary('getFlightInfo', pathOf('upload', 'from-js'));
report.putBack = summary(toTable((await collect(client.doGet(uploaded.endpoint[0].ticket))).messages));

const acted = await collect(client.doAction({ type: 'echo', body: Buffer.from('hi') }));
report.action = { code: acted.code, results: acted.messages.map((message) => message.body.toString()) };
report.unknownAction = (await collect(client.doAction({ type: 'dance' }))).code;
report.actions = (await collect(client.listActions({}))).messages.map((type) => `${type.type}: ${type.description}`);

const exchange = client.doExchange();
const exchanged = collect(exchange);
toMessages(Buffer.from(await RecordBatchStreamWriter.writeAll(table).toUint8Array())).forEach((message, index) =>
  exchange.write(index === 0 ? { ...message, flightDescriptor: pathOf('echo') } : message));
exchange.end();
const back = await exchanged;
report.exchange = { code: back.code, rows: toTable(back.messages).numRows };

report.cancel = await new Promise((resolve) => {
  const call = client.doGet({ ticket: Buffer.from('endless') });
  call.once('data', () => call.cancel());
  call.on('error', () => {});
  call.on('status', (status) => resolve(status.code));
});

console.log(JSON.stringify(report));
client.close();
