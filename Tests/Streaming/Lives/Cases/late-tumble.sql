-- what: Rows whose window is complete are left out.
-- data: generated:4000
-- file f.json: SELECT k, n, CASE WHEN i >= 600 AND i % 50 = 0 THEN ts - INTERVAL '1 hour' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT k, count(*) AS c FROM (SELECT * FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE NOT (i >= 600 AND i % 50 = 0)) GROUP BY epoch_us(ts) // 5000000, k
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c FROM f GROUP BY tumble(INTERVAL '5 seconds'), k;
