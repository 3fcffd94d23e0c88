-- what: Groups of one window that are not of the other one.
-- data: generated:4000
-- golden: WITH x AS (SELECT *, epoch_us(ts) // 5000000 AS w FROM e) SELECT k FROM (SELECT w, k FROM x WHERE flag GROUP BY w, k EXCEPT SELECT w, k FROM x WHERE n > 0 GROUP BY w, k)
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k FROM (SELECT tumble(INTERVAL '5 seconds') AS w, k FROM e WHERE flag GROUP BY w, k EXCEPT SELECT tumble(INTERVAL '5 seconds') AS w, k FROM e WHERE n > 0 GROUP BY w, k);
