-- what: Aggregates of values that are all null.
-- data: generated:4000
-- golden: SELECT k, sum(n) AS s, max(name) AS m, count(n) AS c, avg(v) AS a FROM e WHERE n IS NULL GROUP BY epoch_us(ts) // 5000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, sum(n) AS s, max(name) AS m, count(n) AS c, avg(v) AS a FROM e WHERE n IS NULL GROUP BY tumble(INTERVAL '5 seconds'), k;
