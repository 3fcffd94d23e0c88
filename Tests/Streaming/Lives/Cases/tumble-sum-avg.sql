-- what: Sums and means; nulls do not count.
-- data: generated:4000
-- golden: SELECT k, sum(n)::BIGINT, sum(v), avg(v), avg(n) FROM e GROUP BY epoch_us(ts) // 10000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, sum(n)::BIGINT AS s, sum(v) AS sv, avg(v) AS a, avg(n) AS an FROM e GROUP BY tumble(INTERVAL '10 seconds'), k;
