-- what: Functions of times.
-- data: generated:4000
-- golden: SELECT date_trunc('minute', ts), extract(second FROM ts), ts + INTERVAL '1 hour' FROM e WHERE k = 5
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT date_trunc('minute', ts) AS minute, extract(second FROM ts) AS s, ts + INTERVAL '1 hour' AS later FROM e WHERE k = 5;
