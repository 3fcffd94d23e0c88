// Flight's messages by grpc-js, and what apache-arrow makes of them.
import { Message, tableFromIPC } from 'apache-arrow';

/** All messages of a call, with its status. */
export const collect = (call) => new Promise((resolve) => {
  const messages = [];
  call.on('data', (message) => messages.push(message));
  call.on('error', () => {});
  call.on('status', (status) => resolve({ code: status.code, details: status.details, messages }));
});

// Flight carries IPC messages without their framing; apache-arrow wants it back.
const pad = (bytes) => Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
const frame = (header, body) => {
  const metadata = pad(header);
  const prefix = Buffer.alloc(8);
  prefix.writeInt32LE(-1, 0);
  prefix.writeInt32LE(metadata.length, 4);
  return Buffer.concat([prefix, metadata, body]);
};
export const endOfStream = Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]);
export const toTable = (messages) =>
  tableFromIPC(Buffer.concat([...messages.map((message) => frame(message.dataHeader, message.dataBody)), endOfStream]));
export const toMessages = (ipc) => {
  const messages = [];
  for (let offset = 0; offset + 8 <= ipc.length;) {
    const length = ipc.readInt32LE(offset + 4);
    if (length === 0) { break; }
    const dataHeader = ipc.subarray(offset + 8, offset + 8 + length);
    const bodyLength = Number(Message.decode(dataHeader).bodyLength);
    offset += 8 + length;
    messages.push({ dataHeader, dataBody: ipc.subarray(offset, offset + bodyLength) });
    offset += bodyLength;
  }
  return messages;
};
