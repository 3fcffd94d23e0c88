-- what: A session ends a gap behind its last row.
-- data: generated:4000
-- golden: SELECT k, min(t), max(t) + 2000000, count(*) FROM (SELECT *, sum(CASE WHEN t - before < 2000000 THEN 0 ELSE 1 END) OVER (PARTITION BY k ORDER BY t) AS s FROM (SELECT *, epoch_us(ts) AS t, lag(epoch_us(ts)) OVER (PARTITION BY k ORDER BY ts) AS before FROM e WHERE true)) GROUP BY k, s
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, epoch_us(w.start) AS a, epoch_us(w."end") AS b, c FROM (SELECT session(INTERVAL '2 seconds') AS w, k, count(*) AS c FROM e GROUP BY w, k);
