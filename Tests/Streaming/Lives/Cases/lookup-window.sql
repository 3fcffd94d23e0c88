-- what: A window groups by what was found, and rows of a window are looked up and stay of it.
-- data: generated:4000
-- file c.json: SELECT k, 'c' || (k % 3) AS city FROM range(13) AS t(k)
-- golden: SELECT city, count(*) AS c FROM (SELECT coalesce(c.city, 'none') AS city, epoch_us(ts) // 5000000 AS w FROM e LEFT JOIN (SELECT k, 'c' || (k % 3) AS city FROM range(13) AS t(k)) c ON e.k = c.k) GROUP BY w, city
-- golden p: SELECT c.city, sum(t.c) AS s FROM (SELECT epoch_us(ts) // 5000000 AS w, k, count(*) AS c FROM e GROUP BY ALL) t JOIN (SELECT k, 'c' || (k % 3) AS city FROM range(13) AS t(k)) c ON t.k = c.k GROUP BY t.w, c.city
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TEMPORARY TABLE c (k BIGINT PRIMARY KEY, city TEXT) WITH (connector = 'single_file', path = '$input/c.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE p WITH (connector = 'single_file', path = '$output/p.json');
INSERT INTO o SELECT coalesce(c.city, 'none') AS city, count(*) AS c FROM e LEFT JOIN c ON e.k = c.k GROUP BY tumble(INTERVAL '5 seconds'), coalesce(c.city, 'none');
INSERT INTO p SELECT c.city, sum(t.c) AS s FROM (SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c FROM e GROUP BY w, k) t JOIN c ON t.k = c.k GROUP BY t.w, c.city;
