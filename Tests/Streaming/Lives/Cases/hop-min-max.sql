-- what: Extremes slide too, though rows leave the window.
-- data: generated:4000
-- golden: SELECT k, min(v), max(name) FROM (SELECT *, epoch_us(ts) // 5000000 - unnest(range(0, 4)) AS w FROM e) GROUP BY w, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, min(v) AS a, max(name) AS b FROM e GROUP BY hop(INTERVAL '5 seconds', INTERVAL '20 seconds'), k;
