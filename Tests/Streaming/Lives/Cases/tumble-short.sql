-- what: A window of a tenth of a second.
-- data: generated:4000
-- golden: SELECT count(*) FROM e GROUP BY epoch_us(ts) // 100000
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT count(*) AS c FROM e GROUP BY tumble(INTERVAL '100 milliseconds');
