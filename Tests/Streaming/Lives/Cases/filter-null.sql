-- what: IS NULL, IS NOT NULL, IS DISTINCT FROM.
-- data: generated:4000
-- golden: SELECT k, n, name FROM e WHERE k IS NULL OR (n IS NOT NULL AND flag IS DISTINCT FROM true)
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, n, name FROM e WHERE k IS NULL OR (n IS NOT NULL AND flag IS DISTINCT FROM true);
