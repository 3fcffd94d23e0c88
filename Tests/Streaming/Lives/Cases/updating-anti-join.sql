-- what: NOT EXISTS without a window.
-- data: generated:4000
-- golden: SELECT k, n FROM e WHERE n > 500 AND NOT EXISTS (SELECT 1 FROM e AS b WHERE b.k = e.k AND b.n > 994)
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT k, n FROM e WHERE n > 500 AND NOT EXISTS (SELECT 1 FROM e AS b WHERE b.k = e.k AND b.n > 994);
