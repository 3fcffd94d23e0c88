-- what: One row over all that changes.
-- data: generated:4000
-- golden: SELECT count(*) AS c, sum(n) AS s FROM e WHERE flag
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT count(*) AS c, sum(n) AS s FROM e WHERE flag;
