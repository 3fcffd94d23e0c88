-- what: Structs are made, and taken apart.
-- data: generated:4000
-- golden: SELECT name, n + 1 FROM e
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT s.a AS a, s.b + 1 AS b FROM (SELECT {'a': name, 'b': n} AS s FROM e);
