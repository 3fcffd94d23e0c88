-- The rows of a table of PostgreSQL as they come, the ones that are there first, into Parquet files in a folder for each country and day.
-- FLOW_SECRET_DB is the connection string; the table has wal_level = logical behind it. Each row is in exactly one file, whatever is killed in between.
CREATE TABLE orders (
    id BIGINT,
    country TEXT,
    cents BIGINT
) WITH (
    connector = 'postgres',
    connection = '${DB}',
    table = 'orders',
    slot = 'flow_orders',
    on_change = 'skip'
);

CREATE TABLE lake (
    id BIGINT,
    country TEXT,
    cents BIGINT
) WITH (
    connector = 'filesystem',
    path = 'file:///data/lake',
    format = 'parquet',
    partition.fields = 'country',
    partition.time_format = 'yyyy-MM-dd'
);

INSERT INTO lake SELECT id, country, cents FROM orders;
