-- what: A key that is computed.
-- data: generated:4000
-- golden: SELECT k % 3, count(*) FROM e GROUP BY epoch_us(ts) // 5000000, k % 3
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k % 3 AS m, count(*) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds'), k % 3;
