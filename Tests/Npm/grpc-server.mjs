// Serves the echo service with @grpc/grpc-js. Prints its port first, then "cancelled" for each cancelled Wait or Chat.
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const folder = path.dirname(fileURLToPath(import.meta.url));
const definition = protoLoader.loadSync(path.join(folder, 'echo.proto'), { keepCase: false, longs: Number, defaults: true });
const { Echo } = grpc.loadPackageDefinition(definition).orleansflow.tests;

// google.rpc.Status { code: 9, message: "lost", details: [Any { ErrorInfo { reason: "lease_lost", domain: "orleansflow" } }] }, by hand.
const field = (number, bytes) => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
const text = (value) => Buffer.from(value, 'utf8');
const errorInfo = Buffer.concat([field(1, text('lease_lost')), field(2, text('orleansflow'))]);
const any = Buffer.concat([field(1, text('type.googleapis.com/google.rpc.ErrorInfo')), field(2, errorInfo)]);
const richStatus = Buffer.concat([Buffer.from([0x08, 9]), field(2, text('lost')), field(3, any)]);

const fail = (code, details, trailers) => {
  const metadata = new grpc.Metadata();
  for (const [key, value] of Object.entries(trailers ?? {})) { metadata.set(key, value); }
  return { code, details, metadata };
};
const echoMetadata = (call) => {
  const copy = new grpc.Metadata();
  for (const key of Object.keys(call.metadata.getMap()).filter((name) => name.startsWith('x-'))) {
    for (const value of call.metadata.get(key)) { copy.add(key, value); }
  }
  return copy;
};

const server = new grpc.Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
server.addService(Echo.service, {
  say(call, reply) {
    call.sendMetadata(echoMetadata(call));
    switch (call.request.text) {
      case 'fail': reply(fail(grpc.status.NOT_FOUND, "Kein Ding namens 'größe' — 100 %")); break;
      case 'details':
        reply(fail(grpc.status.FAILED_PRECONDITION, 'lost', { 'grpc-status-details-bin': richStatus, 'x-note': 'from trailers' }));
        break;
      default: {
        const deadline = call.getDeadline();
        const total = Number.isFinite(+deadline) ? Math.round(+deadline - Date.now()) : -1;
        reply(null, { text: call.request.text, body: call.request.body, total }, echoMetadata(call));
      }
    }
  },
  async repeat(call) {
    for (let index = 0; index < call.request.count && !call.cancelled; index += 1) {
      if (!call.write({ text: call.request.text, body: Buffer.alloc(call.request.bodyBytes), total: index })) {
        await new Promise((resolve) => { call.once('drain', resolve); call.once('cancelled', resolve); });
      }
    }
    if (call.request.text === 'forever') { call.on('cancelled', () => console.log('cancelled')); return; }
    if (call.request.text === 'fail') { call.emit('error', fail(grpc.status.NOT_FOUND, 'later')); return; }
    call.end();
  },
  sum(call, reply) {
    let total = 0;
    call.on('data', (request) => { total += request.count + request.body.length; });
    call.on('end', () => reply(null, { total }));
  },
  chat(call) {
    call.on('cancelled', () => console.log('cancelled'));
    call.on('data', (request) => call.write({ text: request.text, body: request.body }));
    call.on('end', () => call.end());
  },
  wait(call) {
    call.on('cancelled', () => console.log('cancelled'));
  },
});

server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) { console.error(error); process.exit(1); }
  console.log(port);
});
