-- what: CREATE TABLE AS makes a table in memory of a query.
-- data: generated:4000
-- golden: SELECT k + 1, name FROM e WHERE flag AND k > 3
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE m AS SELECT k + 1 AS l, name, flag FROM e;
INSERT INTO o SELECT l, name FROM m WHERE flag AND l > 4;
