-- what: Rows that WHERE leaves out are in no window.
-- data: generated:4000
-- golden: SELECT k, count(*) FROM e WHERE flag AND n > -500 GROUP BY epoch_us(ts) // 5000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c FROM e WHERE flag AND n > -500 GROUP BY tumble(INTERVAL '5 seconds'), k;
