-- what: A condition on the row that is found leaves nulls where it is not true.
-- data: generated:4000
-- file c.json: SELECT k, 'c' || k AS city, k * 10 AS rate FROM range(12) AS t(k)
-- golden: SELECT e.k, e.n, c.city FROM e LEFT JOIN (SELECT k, 'c' || k AS city, k * 10 AS rate FROM range(12) AS t(k)) c ON e.k = c.k AND c.rate < e.n
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TEMPORARY TABLE c (k BIGINT PRIMARY KEY, city TEXT, rate BIGINT) WITH (connector = 'single_file', path = '$input/c.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT e.k, e.n, c.city FROM e LEFT JOIN c ON e.k = c.k AND c.rate < e.n;
