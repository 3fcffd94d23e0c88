// The interop TestService with @grpc/grpc-js, and beside it, on a second port, the calls with compression on node:http2 alone:
// grpc-js neither compresses responses nor tells whether a request was compressed. Prints both ports in one line.
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import http2 from 'node:http2';
import zlib from 'node:zlib';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const folder = path.dirname(fileURLToPath(import.meta.url));
const definition = protoLoader.loadSync(path.join(folder, 'interop.proto'), { keepCase: false, longs: Number, defaults: true });
const { TestService } = grpc.loadPackageDefinition(definition).grpc.testing;
const { UnimplementedCall, ...offered } = TestService.service;

const payload = (size) => ({ payload: { body: Buffer.alloc(size) } });
const wanted = (status) => (status && status.code !== 0 ? { code: status.code, details: status.message } : null);
const metadataOf = (call) => {
  const [initial, trailing] = [new grpc.Metadata(), new grpc.Metadata()];
  for (const value of call.metadata.get('x-grpc-test-echo-initial')) { initial.add('x-grpc-test-echo-initial', value); }
  for (const value of call.metadata.get('x-grpc-test-echo-trailing-bin')) { trailing.add('x-grpc-test-echo-trailing-bin', value); }
  call.sendMetadata(initial);
  return trailing;
};

const server = new grpc.Server();
server.addService(offered, {
  emptyCall: (call, reply) => reply(null, {}),
  unaryCall(call, reply) {
    const trailing = metadataOf(call);
    const error = wanted(call.request.responseStatus);
    if (error) { reply(error); } else { reply(null, payload(call.request.responseSize), trailing); }
  },
  streamingOutputCall(call) {
    metadataOf(call);
    for (const { size } of call.request.responseParameters) { call.write(payload(size)); }
    call.end();
  },
  streamingInputCall(call, reply) {
    let total = 0;
    call.on('data', ({ payload: { body } }) => { total += body.length; });
    call.on('end', () => reply(null, { aggregatedPayloadSize: total }));
    call.on('error', () => {});
  },
  fullDuplexCall(call) {
    const trailing = metadataOf(call);
    let failed = false;
    call.on('data', (request) => {
      const error = wanted(request.responseStatus);
      if (error) { failed = true; call.emit('error', error); return; }
      for (const { size } of request.responseParameters) { call.write(payload(size)); }
    });
    call.on('end', () => { if (!failed) { call.end(trailing); } });
    call.on('error', () => {});
  },
});

// --- compression ---
const frames = (body) => {
  const found = [];
  for (let at = 0; at < body.length;) {
    const length = body.readUInt32BE(at + 1);
    const bytes = body.subarray(at + 5, at + 5 + length);
    found.push({ compressed: body[at] === 1, bytes: body[at] === 1 ? zlib.gunzipSync(bytes) : bytes });
    at += 5 + length;
  }
  return found;
};
const frame = (bytes, compressed) => {
  const content = compressed ? zlib.gzipSync(bytes) : bytes;
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(content.length, 1);
  return Buffer.concat([prefix, content]);
};
const refuse = () => { throw Object.assign(new Error('the request is not compressed as it says'), { code: grpc.status.INVALID_ARGUMENT }); };
const check = (request, compressed) => { if (request.expectCompressed && request.expectCompressed.value !== compressed) { refuse(); } };
const compressing = {
  UnaryCall(method, [{ bytes, compressed }]) {
    const request = method.requestDeserialize(bytes);
    check(request, compressed);
    return [frame(method.responseSerialize(payload(request.responseSize)), request.responseCompressed?.value === true)];
  },
  StreamingInputCall(method, requests) {
    let total = 0;
    for (const { bytes, compressed } of requests) {
      const request = method.requestDeserialize(bytes);
      check(request, compressed);
      total += request.payload.body.length;
    }
    return [frame(method.responseSerialize({ aggregatedPayloadSize: total }), false)];
  },
  StreamingOutputCall(method, [{ bytes }]) {
    return method.requestDeserialize(bytes).responseParameters
      .map(({ size, compressed }) => frame(method.responseSerialize(payload(size)), compressed?.value === true));
  },
};
const raw = http2.createServer();
raw.on('stream', (stream, headers) => {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.on('error', () => {});
  stream.on('end', () => {
    let status = { 'grpc-status': '0' };
    let responses = [];
    try {
      if (!headers['grpc-accept-encoding'].includes('gzip')) { throw new Error('the caller does not accept gzip'); }
      const name = headers[':path'].split('/')[2];
      const method = Object.values(TestService.service).find((each) => each.path === headers[':path']);
      responses = compressing[name](method, frames(Buffer.concat(chunks)));
    } catch (error) {
      status = { 'grpc-status': `${error.code ?? 13}`, 'grpc-message': error.message };
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(status));
    stream.end(Buffer.concat(responses));
  });
});

server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) { console.error(error); process.exit(1); }
  raw.listen(0, '127.0.0.1', () => console.log(`${port} ${raw.address().port}`));
});
