-- what: Columns and expressions of them.
-- data: generated:4000
-- golden: SELECT k, upper(name), n * 2 + 1, v / 4 FROM e
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, upper(name) AS shout, n * 2 + 1 AS odd, v / 4 AS part FROM e;
