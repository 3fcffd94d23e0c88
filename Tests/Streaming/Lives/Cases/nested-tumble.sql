-- what: Windows over windows: how many keys had how many rows.
-- data: generated:4000
-- golden: SELECT c, count(*) FROM (SELECT epoch_us(ts) // 10000000 AS big, count(*) AS c FROM e GROUP BY epoch_us(ts) // 1000000, big, k) GROUP BY big, c
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT c, count(*) AS times FROM (SELECT tumble(INTERVAL '1 second') AS w, k, count(*) AS c FROM e GROUP BY w, k) GROUP BY tumble(INTERVAL '10 seconds'), c;
