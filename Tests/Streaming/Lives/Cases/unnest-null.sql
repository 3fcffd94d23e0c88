-- what: Lists that are null or empty give no rows.
-- data: generated:4000
-- golden: SELECT k, unnest(CASE WHEN flag THEN [n, n + 1] WHEN NOT flag THEN [] END) AS i FROM e
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, unnest(CASE WHEN flag THEN [n, n + 1] WHEN NOT flag THEN [] END) AS i FROM e;
