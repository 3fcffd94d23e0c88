-- what: A session goes on as long as rows come less than the gap behind one another.
-- data: generated:4000
-- golden: SELECT count(*), min(n) FROM (SELECT *, sum(CASE WHEN t - before < 5000000 THEN 0 ELSE 1 END) OVER (ORDER BY t) AS s FROM (SELECT *, epoch_us(ts) AS t, lag(epoch_us(ts)) OVER (ORDER BY ts) AS before FROM e WHERE true)) GROUP BY s
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT count(*) AS c, min(n) AS a FROM e GROUP BY session(INTERVAL '5 seconds');
