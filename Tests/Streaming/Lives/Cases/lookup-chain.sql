-- what: What one lookup finds is the key of the next.
-- data: generated:4000
-- file c.json: SELECT k, k % 4 AS region FROM range(12) AS t(k)
-- file r.json: SELECT k AS id, 'r' || k AS name FROM range(3) AS t(k)
-- golden: SELECT e.k, e.n, r.name FROM e JOIN (SELECT k, k % 4 AS region FROM range(12) AS t(k)) c ON e.k = c.k JOIN (SELECT k AS id, 'r' || k AS name FROM range(3) AS t(k)) r ON r.id = c.region
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TEMPORARY TABLE c (k BIGINT PRIMARY KEY, region INT) WITH (connector = 'single_file', path = '$input/c.json');
CREATE TEMPORARY TABLE r (id BIGINT PRIMARY KEY, name TEXT) WITH (connector = 'single_file', path = '$input/r.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT e.k, e.n, r.name FROM e JOIN c ON e.k = c.k JOIN r ON r.id = c.region;
