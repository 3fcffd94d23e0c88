-- what: A generated column is computed from the others.
-- data: generated:4000
-- golden: SELECT k, n * 2 FROM e WHERE n * 2 > 0
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, twice INT GENERATED ALWAYS AS (n * 2), ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, twice FROM e WHERE twice > 0;
