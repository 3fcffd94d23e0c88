-- what: A key of two columns, one of them a text.
-- data: generated:4000
-- file c.json: SELECT DISTINCT k, name, coalesce(name, '') || k AS both FROM e WHERE k IS NOT NULL AND name IS NOT NULL AND k % 3 > 0
-- golden: SELECT e.k, e.name, c.both FROM e LEFT JOIN (SELECT DISTINCT k, name, name || k AS both FROM e WHERE k % 3 > 0) c ON e.k = c.k AND e.name = c.name
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TEMPORARY TABLE c (name TEXT, k BIGINT, both TEXT, PRIMARY KEY (k, name)) WITH (connector = 'single_file', path = '$input/c.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT e.k, e.name, c.both FROM e LEFT JOIN c ON e.k = c.k AND e.name = c.name;
