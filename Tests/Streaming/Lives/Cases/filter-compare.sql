-- what: Rows for which a condition is true; null is not.
-- data: generated:4000
-- golden: SELECT k, n FROM e WHERE n > 100 AND v <= 50
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, n FROM e WHERE n > 100 AND v <= 50;
