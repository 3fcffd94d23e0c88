-- what: A group goes when its newest row is older than the time that rows count.
-- data: generated:4000
-- golden: SELECT epoch_us(ts) // 100000000 AS g, count(*) AS c FROM e WHERE epoch_us(ts) >= 1700000100000000 GROUP BY g
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
SET updating_ttl = INTERVAL '20 seconds';
INSERT INTO o SELECT epoch_us(ts) // 100000000 AS g, count(*) AS c FROM e GROUP BY g;
