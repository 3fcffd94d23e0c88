// The worker's half of orleansflow.worker.v1 (docs/worker-protocol.md): a session that registers, beats, runs offers, sends effects until
// their receipts come, reconnects with what it still holds, and drains. Knows nothing of what the roles do.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const proto = path.join(__dirname, '..', '..', 'Abstractions', 'Protocol', 'worker_v1.proto');
const { WorkerSessions } = grpc.loadPackageDefinition(
  protoLoader.loadSync(proto, { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true })).orleansflow.worker.v1;

const keyOf = (lease) => `${lease.task_id}#${lease.epoch}`;

/** A failure that a retry cannot help. */
class PermanentError extends Error {
  constructor(reason, message) { super(message); this.reason = reason; }
}

/** One attempt, as its role's function sees it. */
class Attempt {
  constructor(session, offer) {
    this.session = session;
    this.offer = offer;
    this.params = offer.params_json ? JSON.parse(offer.params_json) : {};
    this.stopping = new AbortController();
    this.batches = offer.accepted_batches;
    this.unanswered = new Map(); // batch reports without a receipt, by number
    this.waiters = [];
  }

  /** Writes one output batch (bytes of an Arrow IPC file) as the next one and reports it. What earlier attempts had accepted is passed over. */
  async emit(rows, bytes, index) {
    if (index < this.offer.accepted_batches) return;
    this.throwIfStopped();
    const { task_id: task, epoch } = this.offer.lease;
    const folder = task.includes('/') ? task : `_tasks/${task}`;
    const file = `${folder}/${index}.e${epoch}.arrow`;
    const target = path.join(this.session.artifactRoot, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    // Written, synced, renamed, and only then reported: whoever hears of a batch finds it whole.
    const handle = fs.openSync(`${target}.tmp`, 'w');
    fs.writeSync(handle, bytes);
    fs.fsyncSync(handle);
    fs.closeSync(handle);
    fs.renameSync(`${target}.tmp`, target);
    const report = { lease: this.offer.lease, index, rows, bytes: bytes.length, path: file, metrics: {} };
    this.unanswered.set(index, report);
    this.batches = index + 1;
    this.session.send({ batches: { reports: [report] } });
  }

  /** The artifacts of the parents, as they appear: { node, task_index, index, rows, bytes, path }, the path made absolute. */
  async *inputs() {
    const reader = this.session.openReader(this.offer.lease);
    try {
      for await (const ref of reader) {
        this.throwIfStopped();
        yield { ...ref, path: path.join(this.session.artifactRoot, ref.path) };
      }
    } finally {
      reader.close();
    }
  }

  progress(fraction) { this.fraction = fraction; }

  throwIfStopped() { if (this.stopping.signal.aborted) throw this.stopping.signal.reason; }

  whenAnswered() {
    return this.unanswered.size === 0 ? Promise.resolve() : new Promise((resolve) => this.waiters.push(resolve));
  }

  onReceipt(index) {
    this.unanswered.delete(index);
    if (this.unanswered.size === 0) this.waiters.splice(0).forEach((resolve) => resolve());
  }

  stop(reason) {
    this.stopping.abort(new Error(reason));
    this.waiters.splice(0).forEach((resolve) => resolve());
  }
}

class WorkerSession {
  constructor({ address, workerId, slots, version, labels, roles, token }) {
    this.options = { address, workerId, slots, version: version ?? '', labels: labels ?? {}, roles, token };
    this.attempts = new Map();
    this.outcomes = new Map(); // ends without a receipt
    this.readers = new Map();
    this.nextReader = 1;
    this.sequence = 0;
    this.isLeaving = false;
  }

  /** Serves until it has drained; fails when the gateway refuses it for good. */
  async run(onRegistered) {
    for (let wait = 50; ; wait = Math.min(5000, wait * 2)) {
      const failure = await this.serveOneStream((registered) => { wait = 50; onRegistered?.(registered); });
      if (this.isLeaving && this.attempts.size === 0) return;
      if (failure && [grpc.status.UNAUTHENTICATED, grpc.status.INVALID_ARGUMENT, grpc.status.UNIMPLEMENTED].includes(failure.code)) throw failure;
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
    }
  }

  /** Takes no more offers, hands nothing new out, and leaves when what runs has ended. */
  drain() {
    if (this.isLeaving) return;
    this.isLeaving = true;
    this.send({ draining: {} });
    this.leaveIfIdle();
  }

  serveOneStream(onRegistered) {
    return new Promise((resolve) => {
      const { address, token } = this.options;
      const secure = address.startsWith('https://');
      const client = new WorkerSessions(
        address.replace(/^https?:\/\//, ''), secure ? grpc.credentials.createSsl() : grpc.credentials.createInsecure());
      const metadata = new grpc.Metadata();
      if (token) metadata.set('authorization', `Bearer ${token}`);
      const stream = client.session(metadata);
      let beating, failure = null;
      stream.on('data', (message) => {
        if (message.registered) {
          this.stream = stream;
          this.onRegistered(message.registered);
          beating = setInterval(() => this.beat(), message.registered.heartbeat_interval_ms);
          onRegistered(message.registered);
        } else {
          this.onMessage(message);
        }
      });
      stream.on('error', (error) => { failure = error; });
      stream.on('close', () => {
        clearInterval(beating);
        if (this.stream === stream) this.stream = null;
        client.close();
        resolve(failure);
      });
      const { workerId, slots, version, labels, roles } = this.options;
      stream.write({
        register: {
          worker_id: workerId, roles: Object.keys(roles), slots, version, labels, process_id: process.pid, host: require('node:os').hostname(),
          // Attempts that still run, and ends that were never answered, are leases that it means to keep.
          held: [...this.attempts.values()].map((attempt) => attempt.offer.lease),
        },
      });
    });
  }

  onRegistered(registered) {
    this.artifactRoot = registered.artifact_root;
    for (const lost of registered.lost) this.revoke(lost, 'lease_lost');
    // Effects without a receipt are sent again; their owner knows repetitions by lease and number.
    for (const attempt of this.attempts.values()) {
      const reports = [...attempt.unanswered.values()];
      if (reports.length > 0) this.send({ batches: { reports } });
    }
    for (const outcome of this.outcomes.values()) this.send({ outcomes: { outcomes: [outcome] } });
    for (const reader of this.readers.values()) reader.ask();
    if (this.isLeaving) this.send({ draining: {} });
    this.leaveIfIdle();
  }

  onMessage(message) {
    switch (message.kind) {
      case 'offers': message.offers.offers.forEach((offer) => this.start(offer)); break;
      case 'batch_receipts':
        for (const { lease, index, accepted, refused_reason: reason } of message.batch_receipts.receipts) {
          const attempt = this.attempts.get(keyOf(lease));
          attempt?.onReceipt(index);
          if (!accepted) attempt?.stop(reason);
        }
        break;
      case 'outcome_receipts':
        for (const { lease } of message.outcome_receipts.receipts) this.end(lease);
        break;
      case 'input_refs': this.readers.get(message.input_refs.reader_id)?.onRefs(message.input_refs); break;
      case 'revoked': this.revoke(message.revoked.lease, message.revoked.reason); break;
      case 'drain': this.drain(); break;
      default: break; // heartbeat receipts, and what a newer gateway says
    }
  }

  async start(offer) {
    const attempt = new Attempt(this, offer);
    this.attempts.set(keyOf(offer.lease), attempt);
    const timer = offer.timeout_ms > 0 ? setTimeout(() => attempt.stop('deadline_exceeded'), offer.timeout_ms) : null;
    let outcome;
    try {
      if (this.isLeaving) throw new Error('drain');
      const role = this.options.roles[offer.role];
      if (!role) throw new PermanentError('no_handler', `This worker has no function for role '${offer.role}'.`);
      const result = await role(attempt);
      await attempt.whenAnswered();
      attempt.throwIfStopped();
      outcome = { kind: 'COMPLETED', batch_count: attempt.batches, result_json: result === undefined ? '' : JSON.stringify(result), metrics: {} };
    } catch (error) {
      outcome = attempt.stopping.signal.aborted || (this.isLeaving && error.message === 'drain')
        ? { kind: 'STOPPED' }
        : { kind: 'FAILED', reason: error.reason ?? 'unexpected_error', permanent: error instanceof PermanentError, message: String(error.message) };
    }
    clearTimeout(timer);
    outcome.lease = offer.lease;
    this.outcomes.set(keyOf(offer.lease), outcome);
    this.send({ outcomes: { outcomes: [outcome] } });
  }

  revoke(lease, reason) { this.attempts.get(keyOf(lease))?.stop(reason); }

  end(lease) {
    this.attempts.delete(keyOf(lease));
    this.outcomes.delete(keyOf(lease));
    this.leaveIfIdle();
  }

  leaveIfIdle() {
    if (this.isLeaving && this.attempts.size === 0) this.stream?.end();
  }

  beat() {
    const progress = [...this.attempts.values()].filter((attempt) => attempt.fraction !== undefined)
      .map((attempt) => ({ lease: attempt.offer.lease, fraction: attempt.fraction }));
    this.send({ heartbeat: { sequence: ++this.sequence, progress } });
  }

  /** References of a lease's inputs, in order; asked for a window at a time, and again from the start on a new stream. */
  openReader(lease) {
    const session = this, id = this.nextReader++, window = 16;
    const queue = [], seen = new Set();
    let wake = () => {}, ended = false, failed = null, unpaid = 0;
    const reader = {
      ask() { session.send({ read_inputs: { reader_id: id, lease, node: '', credit: window } }); },
      onRefs({ refs, end, failed_reason: reason }) {
        for (const ref of refs) {
          const key = `${ref.node}/${ref.task_index}/${ref.index}`;
          if (!seen.has(key)) { seen.add(key); queue.push(ref); } else { unpaid++; }
        }
        ended ||= end;
        failed ||= reason || null;
        wake();
      },
      close() {
        session.readers.delete(id);
        if (!ended) session.send({ input_credit: { reader_id: id, credit: -1 } });
      },
      async *[Symbol.asyncIterator]() {
        while (true) {
          while (queue.length > 0) {
            unpaid++;
            yield queue.shift();
          }
          if (failed) throw new Error(failed);
          if (ended) return;
          if (unpaid > 0) session.send({ input_credit: { reader_id: id, credit: unpaid } });
          unpaid = 0;
          await new Promise((resolve) => { wake = resolve; });
        }
      },
    };
    this.readers.set(id, reader);
    reader.ask();
    return reader;
  }

  /** Sends on the stream of the moment; what is lost with it is sent again after the next registration. */
  send(message) { this.stream?.write(message); }
}

module.exports = { WorkerSession, PermanentError };
