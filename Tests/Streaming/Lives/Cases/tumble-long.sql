-- what: A window that is longer than the data comes out at its end.
-- data: generated:4000
-- golden: SELECT k, count(*), sum(n)::BIGINT FROM e GROUP BY epoch_us(ts) // 86400000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c, sum(n)::BIGINT AS s FROM e GROUP BY tumble(INTERVAL '1 day'), k;
