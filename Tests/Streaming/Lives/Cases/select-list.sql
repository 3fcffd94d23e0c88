-- what: Lists and their functions.
-- data: generated:4000
-- golden: SELECT [k, n] AS l, list_sum([n, k]) AS s, len(string_split(name, 'x')) AS c FROM e
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT [k, n] AS l, list_sum([n, k]) AS s, len(string_split(name, 'x')) AS c FROM e;
