-- what: Several keys, of different types.
-- data: generated:4000
-- golden: SELECT k, name, flag, count(*) FROM e GROUP BY epoch_us(ts) // 20000000, k, name, flag
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, name, flag, count(*) AS c FROM e GROUP BY tumble(INTERVAL '20 seconds'), k, name, flag;
