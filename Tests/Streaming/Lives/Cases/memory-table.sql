-- what: A table in memory is what is inserted into it.
-- data: generated:4000
-- golden: SELECT k, n * 2 FROM e WHERE n * 2 > 500
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE m (k BIGINT, t INT);
INSERT INTO m SELECT k, n * 2 FROM e;
INSERT INTO o SELECT k, t FROM m WHERE t > 500;
