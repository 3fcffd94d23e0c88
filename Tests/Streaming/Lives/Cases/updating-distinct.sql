-- what: DISTINCT without a window.
-- data: generated:4000
-- golden: SELECT DISTINCT name, flag FROM e
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT DISTINCT name, flag FROM e;
