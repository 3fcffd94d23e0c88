-- what: What counts once in windows that overlap.
-- data: generated:4000
-- golden: SELECT k, count(DISTINCT name) AS c FROM (SELECT *, unnest(range(3)) AS j FROM e) GROUP BY epoch_us(ts) // 2000000 - j, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(DISTINCT name) AS c FROM e GROUP BY hop(INTERVAL '2 seconds', INTERVAL '6 seconds'), k;
