-- what: Two inserts share their source.
-- data: generated:4000
-- golden o: SELECT k, n FROM e WHERE n > 0
-- golden p: SELECT k, count(*) FROM e GROUP BY epoch_us(ts) // 10000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE p WITH (connector = 'single_file', path = '$output/p.json');
INSERT INTO o SELECT k, n FROM e WHERE n > 0;
INSERT INTO p SELECT k, count(*) AS c FROM e GROUP BY tumble(INTERVAL '10 seconds'), k;
