// orleansflow.streaming.v1.WorkerService used by @grpc/grpc-js. Usage: node worker-client.mjs PORT FOLDER_OF_PROTOS CALLS
// CALLS is a JSON array of [method, request] in the order in which to call them; a request is an object, or a message as "base64:...".
// ["until", phase, request] asks for the phase until it is that one. Prints a JSON array of what came back; an error as {code, details}.
// Metrics are decoded as io.prometheus.client.MetricFamily, from the fields that Prometheus publishes.
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import protobuf from 'protobufjs';

const [port, folder, calls] = process.argv.slice(2);
const file = path.join(folder, 'streaming_v1.proto');
const definition = protoLoader.loadSync(file, { longs: Number, enums: String, defaults: true, oneofs: true });
const { WorkerService } = grpc.loadPackageDefinition(definition).orleansflow.streaming.v1;
const types = new protobuf.Root().loadSync(file);
const client = new WorkerService(`127.0.0.1:${port}`, grpc.credentials.createInsecure());

const { MetricFamily } = protobuf.parse(`syntax = "proto2"; package io.prometheus.client;
  message LabelPair { optional string name = 1; optional string value = 2; }
  enum MetricType { COUNTER = 0; GAUGE = 1; SUMMARY = 2; UNTYPED = 3; HISTOGRAM = 4; }
  message Gauge { optional double value = 1; }
  message Counter { optional double value = 1; }
  message Metric { repeated LabelPair label = 1; optional Gauge gauge = 2; optional Counter counter = 3; }
  message MetricFamily { optional string name = 1; optional string help = 2; optional MetricType type = 3; repeated Metric metric = 4; }`, { keepCase: true }).root.lookup('io.prometheus.client');
const family = (bytes) => MetricFamily.toObject(MetricFamily.decode(bytes), { enums: String });

const request = (method, given) => {
  if (typeof given !== 'string') { return given; }
  const type = types.lookupType(`orleansflow.streaming.v1.${method}Request`);
  return type.toObject(type.decode(Buffer.from(given.replace('base64:', ''), 'base64')), { defaults: true });
};
const call = (method, given) => new Promise((resolve) => client[method](request(method, given), (error, reply) => resolve(
  error ? { code: error.code, details: error.details } : method === 'GetMetrics' ? { metrics: reply.metrics.map(family) } : reply)));

const report = [];
for (const [method, given, rest] of JSON.parse(calls)) {
  let reply = await call(method === 'until' ? 'GetWorkerPhase' : method, method === 'until' ? rest : given);
  while (method === 'until' && reply.phase !== given) { reply = await call('GetWorkerPhase', rest); }
  report.push(reply);
}

console.log(JSON.stringify(report));
client.close();
