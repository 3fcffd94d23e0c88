-- what: The row before and the row behind.
-- data: generated:4000
-- golden: WITH a AS (SELECT epoch_us(ts) // 5000000 AS w, k, count(*) AS c, sum(n) AS s FROM e GROUP BY 1, 2) SELECT k, lag(c) OVER (PARTITION BY w ORDER BY k) AS b, lead(c, 2, -1) OVER (PARTITION BY w ORDER BY k) AS f FROM a
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE VIEW a AS SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c, sum(n) AS s FROM e GROUP BY w, k;
INSERT INTO o SELECT k, lag(c) OVER (PARTITION BY w ORDER BY k) AS b, lead(c, 2, -1) OVER (PARTITION BY w ORDER BY k) AS f FROM a;
