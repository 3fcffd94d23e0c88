-- what: No row, no window.
-- data: generated:4000
-- rows: none
-- golden: SELECT k, count(*) AS c FROM e WHERE n > 5000 GROUP BY k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c FROM e WHERE n > 5000 GROUP BY tumble(INTERVAL '5 seconds'), k;
