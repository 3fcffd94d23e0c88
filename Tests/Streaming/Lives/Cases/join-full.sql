-- what: A full join of windows keeps both.
-- data: generated:4000
-- golden: WITH x AS (SELECT *, epoch_us(ts) // 5000000 AS w FROM e), a AS (SELECT w, k, count(*) AS c, sum(n) AS s FROM x WHERE n > 0 GROUP BY w, k), b AS (SELECT w, k, max(name) AS m FROM x WHERE flag GROUP BY w, k) SELECT a.k, b.k AS l, c, m FROM a FULL JOIN b ON a.w = b.w AND a.k = b.k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE VIEW a AS SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c, sum(n) AS s FROM e WHERE n > 0 GROUP BY w, k;
CREATE VIEW b AS SELECT tumble(INTERVAL '5 seconds') AS w, k, max(name) AS m FROM e WHERE flag GROUP BY w, k;
INSERT INTO o SELECT a.k, b.k AS l, c, m FROM a FULL JOIN b ON a.w = b.w AND a.k = b.k;
