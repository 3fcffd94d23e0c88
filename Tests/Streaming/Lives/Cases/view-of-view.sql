-- what: A view over a view.
-- data: generated:4000
-- golden: SELECT k, n * 2 + 1 FROM e WHERE flag AND n * 2 > 100
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE VIEW a AS SELECT k, n * 2 AS m, ts FROM e WHERE flag;
CREATE VIEW b AS SELECT k, m FROM a WHERE m > 100;
INSERT INTO o SELECT k, m + 1 AS x FROM b;
