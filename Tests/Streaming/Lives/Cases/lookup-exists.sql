-- what: Rows that have, or do not have, a row of their key.
-- data: generated:4000
-- file c.json: SELECT k FROM range(6) AS t(k)
-- golden: SELECT e.k, e.n FROM e WHERE EXISTS (SELECT 1 FROM range(6) AS t(k) WHERE t.k = e.k)
-- golden p: SELECT e.k, e.n FROM e WHERE NOT EXISTS (SELECT 1 FROM range(6) AS t(k) WHERE t.k = e.k)
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TEMPORARY TABLE c (k BIGINT PRIMARY KEY) WITH (connector = 'single_file', path = '$input/c.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE p WITH (connector = 'single_file', path = '$output/p.json');
INSERT INTO o SELECT e.k, e.n FROM e WHERE EXISTS (SELECT 1 FROM c WHERE c.k = e.k);
INSERT INTO p SELECT e.k, e.n FROM e WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.k = e.k);
