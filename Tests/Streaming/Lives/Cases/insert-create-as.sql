-- what: A table with a connector is made and filled by one statement.
-- data: generated:4000
-- golden: SELECT k, n FROM e WHERE flag
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json') AS SELECT k, n FROM e WHERE flag;

