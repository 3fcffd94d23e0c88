// Runs the public interop cases with @grpc/grpc-js against a TestService; prints {case: "ok" or what went wrong} as JSON.
// Usage: node interop-client.mjs PORT
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const folder = path.dirname(fileURLToPath(import.meta.url));
const definition = protoLoader.loadSync(path.join(folder, 'interop.proto'), { keepCase: false, longs: Number, defaults: true });
const { TestService, UnimplementedService } = grpc.loadPackageDefinition(definition).grpc.testing;
const address = `127.0.0.1:${process.argv[2]}`;
const insecure = grpc.credentials.createInsecure();
const client = new TestService(address, insecure);
const gzip = new TestService(address, insecure, { 'grpc.default_compression_algorithm': 2 });
const strangers = new UnimplementedService(address, insecure);

const body = (size) => ({ body: Buffer.alloc(size) });
const unary = (from, method, request, metadata = new grpc.Metadata()) => new Promise((resolve) => {
  const seen = {};
  const call = from[method](request, metadata, (error, reply) => { seen.reply = reply; });
  call.on('metadata', (headers) => { seen.headers = headers; });
  call.on('status', (status) => { seen.status = status; resolve(seen); });
});
const ended = (call) => new Promise((resolve) => {
  const seen = { replies: [] };
  call.on('metadata', (headers) => { seen.headers = headers; });
  call.on('data', (reply) => { seen.replies.push(reply.payload.body.length); call.emit('reply', seen.replies.length); });
  call.on('error', () => {});
  call.on('status', (status) => { seen.status = status; resolve(seen); });
});
const inputs = (from, sizes, each) => new Promise((resolve) => {
  const seen = {};
  const call = from.streamingInputCall((error, reply) => { seen.reply = reply; });
  call.on('status', (status) => { seen.status = status; resolve(seen); });
  call.on('error', () => {});
  sizes.forEach((size, index) => each(call, { payload: body(size) }, index));
  call.end();
});
const codeOf = (seen, code) => assert.equal(seen.status.code, code, `status ${seen.status.code}: ${seen.status.details}`);
const sizes = [31415, 9, 2653, 58979];
const noCompress = grpc.experimental?.WriteFlags?.NoCompress ?? 2;

const cases = {
  async empty_unary() { codeOf(await unary(client, 'emptyCall', {}), 0); },
  async large_unary() {
    const seen = await unary(client, 'unaryCall', { responseSize: 314159, payload: body(271828) });
    codeOf(seen, 0);
    assert.equal(seen.reply.payload.body.length, 314159);
  },
  async client_streaming() {
    const seen = await inputs(client, [27182, 8, 1828, 45904], (call, request) => call.write(request));
    codeOf(seen, 0);
    assert.equal(seen.reply.aggregatedPayloadSize, 74922);
  },
  async server_streaming() {
    const seen = await ended(client.streamingOutputCall({ responseParameters: sizes.map((size) => ({ size })) }));
    codeOf(seen, 0);
    assert.deepEqual(seen.replies, sizes);
  },
  async ping_pong() {
    const requests = [27182, 8, 1828, 45904];
    const call = client.fullDuplexCall();
    const send = (index) => call.write({ responseParameters: [{ size: sizes[index] }], payload: body(requests[index]) });
    call.on('reply', (count) => { if (count < sizes.length) { send(count); } else { call.end(); } });
    send(0);
    const seen = await ended(call);
    codeOf(seen, 0);
    assert.deepEqual(seen.replies, sizes);
  },
  async empty_stream() {
    const call = client.fullDuplexCall();
    call.end();
    const seen = await ended(call);
    codeOf(seen, 0);
    assert.deepEqual(seen.replies, []);
  },
  async cancel_after_begin() {
    const seen = await new Promise((resolve) => {
      const call = client.streamingInputCall(() => {});
      call.on('status', (status) => resolve({ status }));
      call.on('error', () => {});
      setImmediate(() => call.cancel());
    });
    codeOf(seen, 1);
  },
  async cancel_after_first_response() {
    const call = client.fullDuplexCall();
    call.on('reply', () => call.cancel());
    call.write({ responseParameters: [{ size: 31415 }], payload: body(27182) });
    const seen = await ended(call);
    codeOf(seen, 1);
    assert.deepEqual(seen.replies, [31415]);
  },
  async timeout_on_sleeping_server() {
    const call = client.fullDuplexCall(new grpc.Metadata(), { deadline: Date.now() + 1 });
    call.write({ payload: body(27182) });
    codeOf(await ended(call), 4);
  },
  async custom_metadata() {
    const metadata = new grpc.Metadata();
    metadata.set('x-grpc-test-echo-initial', 'test_initial_metadata_value');
    metadata.set('x-grpc-test-echo-trailing-bin', Buffer.from('ababab', 'hex'));
    const duplex = () => {
      const call = client.fullDuplexCall(metadata);
      call.write({ responseParameters: [{ size: 314159 }], payload: body(271828) });
      call.end();
      return ended(call);
    };
    for (const seen of [await unary(client, 'unaryCall', { responseSize: 314159, payload: body(271828) }, metadata), await duplex()]) {
      codeOf(seen, 0);
      assert.deepEqual(seen.headers.get('x-grpc-test-echo-initial'), ['test_initial_metadata_value']);
      assert.deepEqual(seen.status.metadata.get('x-grpc-test-echo-trailing-bin'), [Buffer.from('ababab', 'hex')]);
    }
  },
  async status_code_and_message() {
    const responseStatus = { code: 2, message: 'test status message' };
    const duplex = () => {
      const call = client.fullDuplexCall();
      call.write({ responseStatus });
      call.end();
      return ended(call);
    };
    for (const seen of [await unary(client, 'unaryCall', { responseStatus }), await duplex()]) {
      codeOf(seen, 2);
      assert.equal(seen.status.details, 'test status message');
    }
  },
  async special_status_message() {
    const message = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
    const seen = await unary(client, 'unaryCall', { responseStatus: { code: 2, message } });
    codeOf(seen, 2);
    assert.equal(seen.status.details, message);
  },
  async unimplemented_method() { codeOf(await unary(client, 'unimplementedCall', {}), 12); },
  async unimplemented_service() { codeOf(await unary(strangers, 'unimplementedCall', {}), 12); },
  async client_compressed_unary() {
    const request = (value) => ({ responseSize: 314159, payload: body(271828), expectCompressed: { value } });
    codeOf(await unary(client, 'unaryCall', request(true)), 3);
    for (const [from, compressed] of [[gzip, true], [client, false]]) {
      const seen = await unary(from, 'unaryCall', request(compressed));
      codeOf(seen, 0);
      assert.equal(seen.reply.payload.body.length, 314159);
    }
  },
  async client_compressed_streaming() {
    codeOf(await inputs(client, [27182], (call, request) => call.write({ ...request, expectCompressed: { value: true } })), 3);
    const seen = await inputs(gzip, [27182, 45904], (call, request, index) =>
      call.write({ ...request, expectCompressed: { value: index === 0 } }, index === 0 ? undefined : noCompress));
    codeOf(seen, 0);
    assert.equal(seen.reply.aggregatedPayloadSize, 73086);
  },
  async server_compressed_unary() {
    for (const value of [true, false]) {
      const seen = await unary(client, 'unaryCall', { responseSize: 314159, payload: body(271828), responseCompressed: { value } });
      codeOf(seen, 0);
      assert.equal(seen.reply.payload.body.length, 314159);
    }
  },
  async server_compressed_streaming() {
    const responseParameters = [{ size: 31415, compressed: { value: true } }, { size: 92653, compressed: { value: false } }];
    const seen = await ended(client.streamingOutputCall({ responseParameters }));
    codeOf(seen, 0);
    assert.deepEqual(seen.replies, [31415, 92653]);
  },
};

const report = {};
for (const [name, run] of Object.entries(cases)) {
  try {
    await run();
    report[name] = 'ok';
  } catch (error) {
    report[name] = `${error.message}`;
  }
}
console.log(JSON.stringify(report));
for (const each of [client, gzip, strangers]) { each.close(); }
