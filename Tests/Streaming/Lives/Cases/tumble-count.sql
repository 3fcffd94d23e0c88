-- what: A tumbling window without a key: each row counts in one window.
-- data: generated:4000
-- golden: SELECT count(*), count(n) FROM e GROUP BY epoch_us(ts) // 5000000
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT count(*) AS c, count(n) AS n FROM e GROUP BY tumble(INTERVAL '5 seconds');
