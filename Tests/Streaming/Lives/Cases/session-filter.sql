-- what: Rows that WHERE leaves out hold no session open.
-- data: generated:4000
-- golden: SELECT k, count(*) FROM (SELECT *, sum(CASE WHEN t - before < 1000000 THEN 0 ELSE 1 END) OVER (PARTITION BY k ORDER BY t) AS s FROM (SELECT *, epoch_us(ts) AS t, lag(epoch_us(ts)) OVER (PARTITION BY k ORDER BY ts) AS before FROM e WHERE flag)) GROUP BY k, s
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c FROM e WHERE flag GROUP BY session(INTERVAL '1 second'), k;
