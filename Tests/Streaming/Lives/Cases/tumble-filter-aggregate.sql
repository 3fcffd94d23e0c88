-- what: An aggregate takes the rows of its FILTER only.
-- data: generated:4000
-- golden: SELECT k, count(*) FILTER (flag), sum(n) FILTER (n > 0)::BIGINT, count(*) FROM e GROUP BY epoch_us(ts) // 10000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) FILTER (flag) AS f, sum(n) FILTER (n > 0)::BIGINT AS p, count(*) AS c FROM e GROUP BY tumble(INTERVAL '10 seconds'), k;
