-- what: Hopping windows by key.
-- data: generated:4000
-- golden: SELECT k, count(*), sum(n)::BIGINT FROM (SELECT *, epoch_us(ts) // 2000000 - unnest(range(0, 5)) AS w FROM e) GROUP BY w, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c, sum(n)::BIGINT AS s FROM e GROUP BY hop(INTERVAL '2 seconds', INTERVAL '10 seconds'), k;
