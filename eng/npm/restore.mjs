// Restores one folder of npm packages for the build: node eng/npm/restore.mjs NAME [FILE...]
// NAME is a folder beside this script (package.json + package-lock.json); the packages land in artifacts/npm/NAME.
// Each FILE, relative to artifacts/npm/NAME, must exist afterwards: npm skips an optional package silently.
//
// Several builds may run at once, so the work is done under a lock folder (making a folder is atomic everywhere),
// in a folder of its own, and renamed into place: a reader sees the old packages or the new ones, never a half.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LOCK_WAIT_MS = 10 * 60 * 1000;
const LOCK_POLL_MS = 200;

const [name, ...required] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, name);
const root = join(here, '..', '..', 'artifacts', 'npm');
const target = join(root, name);
const lock = join(root, `${name}.lock`);
const staging = join(root, `${name}.new`);
const stamp = join(target, '.stamp');
const copied = ['package.json', 'package-lock.json', '.npmrc'];

function fail(message) {
  console.error(message);
  process.exit(1);
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function lockIsStale() {
  try {
    return !isAlive(Number(readFileSync(join(lock, 'pid'), 'utf8')));
  } catch {
    return false; // Its owner has just made the folder, or has just left.
  }
}

function takeLock() {
  mkdirSync(root, { recursive: true });
  for (let waited = 0; ; waited += LOCK_POLL_MS) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }

    if (lockIsStale()) {
      rmSync(lock, { recursive: true, force: true });
    } else if (waited >= LOCK_WAIT_MS) {
      fail(`Another restore has held ${lock} for ${LOCK_WAIT_MS / 60000} minutes. If none runs, delete that folder.`);
    } else {
      sleep(LOCK_POLL_MS);
    }
  }
}

function missing(folder) {
  return required.filter(file => !existsSync(join(folder, file)));
}

function restore() {
  const wanted = createHash('sha256');
  for (const file of copied) wanted.update(readFileSync(join(source, file)));
  const fingerprint = `${wanted.digest('hex')} ${process.platform}-${process.arch}\n`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint && missing(target).length === 0) {
    // Another build was first, or only the time of the lock file changed.
    writeFileSync(stamp, fingerprint);
    return;
  }

  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  for (const file of copied) copyFileSync(join(source, file), join(staging, file));
  const windows = process.platform === 'win32';
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: staging,
    encoding: 'utf8',
    shell: windows, // npm is a .cmd there.
  });
  if (npm.error) fail(`npm could not be started (${npm.error.code ?? npm.error.message}).`);
  if (npm.status !== 0) fail(`npm ci in ${staging} failed with exit code ${npm.status}:\n${npm.stderr}`);
  const absent = missing(staging);
  if (absent.length > 0) {
    fail(`npm ci succeeded, but there is no package for ${process.platform}-${process.arch}: ${absent.join(', ')} is missing.`);
  }

  writeFileSync(join(staging, '.stamp'), fingerprint);
  rmSync(target, { recursive: true, force: true });
  renameSync(staging, target);
}

if (!name || !existsSync(join(source, 'package-lock.json'))) fail(`No package-lock.json in ${source}.`);
takeLock();
process.on('exit', () => rmSync(lock, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
restore();
