-- what: CASE, COALESCE and NULLIF work on each row.
-- data: generated:4000
-- golden: SELECT CASE WHEN n > 0 THEN 'up' WHEN n < 0 THEN 'down' ELSE 'none' END, coalesce(k, -1), nullif(n, 0) FROM e
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT CASE WHEN n > 0 THEN 'up' WHEN n < 0 THEN 'down' ELSE 'none' END AS way, coalesce(k, -1) AS key, nullif(n, 0) AS n FROM e;
