-- what: Cumulating windows by key.
-- data: generated:4000
-- golden: SELECT k, count(*), sum(n)::BIGINT, max(v) FROM (SELECT *, epoch_us(ts) // 20000000 AS w, unnest(range(epoch_us(ts) % 20000000 // 5000000, 4)) AS j FROM e) GROUP BY w, j, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c, sum(n)::BIGINT AS s, max(v) AS m FROM e GROUP BY cumulate(INTERVAL '5 seconds', INTERVAL '20 seconds'), k;
