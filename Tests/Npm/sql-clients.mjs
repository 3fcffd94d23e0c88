// Three Flight SQL clients that were written elsewhere, against one gateway. Prints what each saw as one JSON object.
// Usage: node sql-clients.mjs PORT TOKEN SQL
import { createRequire } from 'node:module';

const [port, token, query] = process.argv.slice(2);
const report = {};
const plain = (rows) => [...rows].map((row) =>
  Object.fromEntries(Object.entries(row.toJSON()).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value])));
const attempt = async (name, work) => {
  try {
    report[name] = await work();
  } catch (error) {
    report[name] = { error: String(error?.message ?? error) };
  }
};

// Statements only; a token in the header, and a handshake with it first.
await attempt('gizmosql', async () => {
  const { FlightSQLClient } = await import('@gizmodata/gizmosql-client');
  const client = new FlightSQLClient({ host: '127.0.0.1', port: Number(port), plaintext: true, token });
  await client.connect();
  const info = await client.getSqlInfo([0, 3]);
  const result = {
    rows: plain((await client.execute(query)).toArray()),
    catalogs: await client.getCatalogs(),
    types: await client.getTableTypes(),
    server: info.get(0),
    readOnly: info.get(3),
  };
  try {
    await client.execute('selec 1');
  } catch (error) {
    result.refused = /syntax/i.test(error.message);
  }
  await client.close?.();
  return result;
});

// A handshake with user and password, and only what that gave from then on.
await attempt('lancedb', async () => {
  const { Client } = await import('@lancedb/arrow-flight-sql-client');
  const client = await Client.connect({ host: `127.0.0.1:${port}`, username: 'somebody', password: token });
  return { rows: plain(await (await client.query(query)).collectToObjects()) };
});

// Rust underneath: prepares every statement. Its answers are Arrow streams.
await attempt('lakehouse', async () => {
  const require = createRequire(import.meta.url);
  const { createFlightSqlClient } = require('@lakehouse-rs/flight-sql-client');
  const { tableFromIPC } = await import('apache-arrow');
  const client = await createFlightSqlClient({ headers: [{ key: 'authorization', value: `Bearer ${token}` }], tls: false, host: '127.0.0.1', port: Number(port) });
  return {
    rows: plain(tableFromIPC(await client.query(query)).toArray()),
    tables: plain(tableFromIPC(await client.getTables({ catalog: 'flow', tableNameFilterPattern: 'js%', includeSchema: false })).toArray()),
  };
});

console.log(JSON.stringify(report));
process.exit(0);
