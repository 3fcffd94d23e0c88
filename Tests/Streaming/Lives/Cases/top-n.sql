-- what: The three largest groups of each window.
-- data: generated:4000
-- golden: WITH a AS (SELECT epoch_us(ts) // 5000000 AS w, k, count(*) AS c, sum(n) AS s FROM e GROUP BY 1, 2) SELECT k, c FROM (SELECT *, row_number() OVER (PARTITION BY w ORDER BY c DESC, k) AS p FROM a) WHERE p <= 3
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE VIEW a AS SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c, sum(n) AS s FROM e GROUP BY w, k;
INSERT INTO o SELECT k, c FROM (SELECT *, row_number() OVER (PARTITION BY w ORDER BY c DESC, k) AS p FROM a) WHERE p <= 3;
