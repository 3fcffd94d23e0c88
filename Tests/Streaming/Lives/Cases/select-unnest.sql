-- what: One row becomes several.
-- data: generated:4000
-- golden: SELECT k, unnest([n, n + 1, NULL]) FROM e WHERE flag
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, unnest([n, n + 1, NULL]) AS u FROM e WHERE flag;
