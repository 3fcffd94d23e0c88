// Calls the echo service with @grpc/grpc-js and prints what came back, one JSON object for all checks.
// Usage: node grpc-client.mjs PORT
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const folder = path.dirname(fileURLToPath(import.meta.url));
const definition = protoLoader.loadSync(path.join(folder, 'echo.proto'), { keepCase: false, longs: Number, defaults: true });
const { Echo } = grpc.loadPackageDefinition(definition).orleansflow.tests;
const address = `127.0.0.1:${process.argv[2]}`;
const limits = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
const client = new Echo(address, grpc.credentials.createInsecure(), limits);
const gzipClient = new Echo(address, grpc.credentials.createInsecure(), { ...limits, 'grpc.default_compression_algorithm': 2 });

const unary = (method, request, { metadata = new grpc.Metadata(), options = {}, from = client } = {}) =>
  new Promise((resolve) => {
    const seen = {};
    const call = from[method](request, metadata, options, (error, reply) => {
      seen.error = error;
      seen.reply = reply;
    });
    call.on('metadata', (headers) => { seen.headers = headers; });
    call.on('status', (status) => { seen.status = status; resolve(seen); });
    seen.call = call;
    if (options.onCall) { options.onCall(call); }
  });
const outcome = ({ status }) => ({ code: status.code, details: status.details });
const hex = (buffers) => buffers.map((buffer) => buffer.toString('hex'));

const report = {};

report.unary = (await unary('say', { text: 'grüße', body: Buffer.from([1, 2, 3]) })).reply.text;

const large = Buffer.alloc(9_000_000, 7);
const largeReply = (await unary('say', { body: large })).reply;
report.large = largeReply.body.equals(large);
const gzipReply = (await unary('say', { body: large }, { from: gzipClient })).reply;
report.gzip = gzipReply.body.equals(large);

const metadata = new grpc.Metadata();
metadata.add('x-text', 'plain text');
metadata.add('x-raw-bin', Buffer.from([0, 255, 44]));
metadata.add('x-raw-bin', Buffer.from([9]));
const withMetadata = await unary('say', {}, { metadata });
report.headers = [withMetadata.headers.get('x-text'), hex(withMetadata.headers.get('x-raw-bin'))];
report.trailers = [withMetadata.status.metadata.get('x-text'), hex(withMetadata.status.metadata.get('x-raw-bin'))];

report.notFound = outcome(await unary('say', { text: 'fail' }));
const detailed = await unary('say', { text: 'details' });
report.details = {
  ...outcome(detailed),
  note: detailed.status.metadata.get('x-note'),
  holdsReason: detailed.status.metadata.get('grpc-status-details-bin')[0].includes('lease_lost'),
};
report.crash = outcome(await unary('say', { text: 'crash' }));
report.missing = outcome(await unary('missing', {}));
report.deadline = outcome(await unary('wait', {}, { options: { deadline: Date.now() + 200 } }));
report.remaining = (await unary('say', {}, { options: { deadline: Date.now() + 600_000 } })).reply.total;
report.tooLarge = outcome(await unary('say', { body: Buffer.alloc(17 * 1024 * 1024) }));

report.repeat = await new Promise((resolve) => {
  const totals = [];
  const call = client.repeat({ count: 500, bodyBytes: 3000 });
  call.on('data', (reply) => totals.push(reply.body.length === 3000 ? reply.total : -1));
  call.on('status', (status) => resolve({ code: status.code, ordered: totals.every((value, index) => value === index), seen: totals.length }));
  call.on('error', () => {});
});

report.repeatThenFail = await new Promise((resolve) => {
  let seen = 0;
  const call = client.repeat({ count: 2, text: 'fail' });
  call.on('data', () => { seen += 1; });
  call.on('status', (status) => resolve({ code: status.code, seen }));
  call.on('error', () => {});
});

report.sum = await new Promise((resolve) => {
  const call = client.sum((error, reply) => resolve(error ? error.code : reply.total));
  for (let index = 1; index <= 100; index += 1) { call.write({ count: index }); }
  call.end();
});

report.chat = await new Promise((resolve) => {
  const texts = [];
  const call = client.chat();
  call.on('data', (reply) => {
    texts.push(reply.text);
    if (texts.length < 20) { call.write({ text: `${texts.length}` }); } else { call.end(); }
  });
  call.on('status', (status) => resolve({ code: status.code, texts }));
  call.on('error', () => {});
  call.write({ text: '0' });
});

report.cancel = await new Promise((resolve) => {
  const call = client.repeat({ count: 1, text: 'forever' });
  call.on('data', () => call.cancel());
  call.on('status', (status) => resolve(status.code));
  call.on('error', () => {});
});

console.log(JSON.stringify(report));
client.close();
gzipClient.close();
