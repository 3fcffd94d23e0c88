-- what: A window over a UNION ALL.
-- data: generated:4000
-- golden: SELECT k, count(*) AS c FROM (SELECT k, ts FROM e WHERE flag UNION ALL SELECT k, ts FROM e WHERE n > 0) GROUP BY epoch_us(ts) // 5000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c FROM (SELECT k FROM e WHERE flag UNION ALL SELECT k FROM e WHERE n > 0) GROUP BY tumble(INTERVAL '5 seconds'), k;
