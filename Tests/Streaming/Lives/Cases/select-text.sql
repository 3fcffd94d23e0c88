-- what: Functions of texts, regular expressions among them.
-- data: generated:4000
-- golden: SELECT regexp_replace(name, 'x+', '-'), length(name), name LIKE 'a%', concat_ws('/', name, k) FROM e
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT regexp_replace(name, 'x+', '-') AS r, length(name) AS l, name LIKE 'a%' AS a, concat_ws('/', name, k) AS c FROM e;
