// What a tool without .proto files does, with @grpc/grpc-js: asks reflection what there is, builds a client from the files it
// gets, calls it, and checks the server's health. Prints one JSON object. Usage: node grpc-tools.mjs PORT FOLDER_OF_PROTOS
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor/index.js';

const [port, folder] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;
const insecure = grpc.credentials.createInsecure();
const load = (file) => grpc.loadPackageDefinition(protoLoader.loadSync(path.join(folder, file), { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true }));
const { ServerReflection } = load('rpc_reflection.proto').grpc.reflection.v1;
const { Health } = load('rpc_health.proto').grpc.health.v1;

const reflection = new ServerReflection(address, insecure);
const asked = await new Promise((resolve, reject) => {
  const answers = [];
  const call = reflection.serverReflectionInfo();
  const questions = [{ list_services: '' }, { file_containing_symbol: 'orleansflow.tests.Echo' }, { file_containing_symbol: 'no.Such' }];
  call.on('data', (answer) => { answers.push(answer); if (answers.length < questions.length) { call.write(questions[answers.length]); } else { call.end(); } });
  call.on('end', () => resolve(answers));
  call.on('error', reject);
  call.write(questions[0]);
});
const report = { services: asked[0].list_services_response.service.map(({ name }) => name) };
report.unknown = asked[2].error_response.error_code;

const { FileDescriptorSet, FileDescriptorProto } = protobuf.descriptor;
const set = FileDescriptorSet.create({ file: asked[1].file_descriptor_response.file_descriptor_proto.map((bytes) => FileDescriptorProto.decode(bytes)) });
const definition = protoLoader.loadFileDescriptorSetFromBuffer(Buffer.from(FileDescriptorSet.encode(set).finish()), { longs: Number, defaults: true });
const { Echo } = grpc.loadPackageDefinition(definition).orleansflow.tests;
const echo = new Echo(address, insecure);
report.said = await new Promise((resolve) => echo.say({ text: 'found by reflection' }, (error, reply) => resolve(error ? error.message : reply.text)));

const health = new Health(address, insecure);
const check = (service) => new Promise((resolve) => health.check({ service }, (error, reply) => resolve(error ? error.code : reply.status)));
report.health = [await check(''), await check('orleansflow.tests.Echo'), await check('no.Such')];

console.log(JSON.stringify(report));
for (const client of [reflection, echo, health]) { client.close(); }
