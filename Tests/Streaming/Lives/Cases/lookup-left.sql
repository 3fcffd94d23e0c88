-- what: Rows get the columns of the row of a file that has their key, or nulls.
-- data: generated:4000
-- file c.csv: SELECT DISTINCT k, 'c' || k AS city, k * 10 AS rate FROM e WHERE k % 2 = 0
-- golden: SELECT e.k, e.n, c.city, c.rate FROM e LEFT JOIN (SELECT DISTINCT k, 'c' || k AS city, k * 10 AS rate FROM e WHERE k % 2 = 0) c ON e.k = c.k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TEMPORARY TABLE c (k BIGINT PRIMARY KEY, city TEXT, rate BIGINT)
    WITH (connector = 'single_file', path = '$input/c.csv', 'lookup.cache.ttl' = '1 minute');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT e.k, e.n, c.city, c.rate FROM e LEFT JOIN c ON e.k = c.k;
