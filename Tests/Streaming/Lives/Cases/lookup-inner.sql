-- what: Rows without a match are left out; the key may be computed, and its order does not matter.
-- data: generated:4000
-- file c.json: SELECT k, 'c' || k AS city, k * 10 AS rate FROM range(8) AS t(k)
-- golden: SELECT e.n, c.city FROM e JOIN (SELECT k, 'c' || k AS city FROM range(8) AS t(k)) c ON c.k = abs(e.n) % 11 WHERE c.city <> 'c3'
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TEMPORARY TABLE c (k BIGINT PRIMARY KEY, city TEXT, rate BIGINT) WITH (connector = 'single_file', path = '$input/c.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT e.n, c.city FROM c JOIN e ON c.k = abs(e.n) % 11 WHERE c.city <> 'c3';
