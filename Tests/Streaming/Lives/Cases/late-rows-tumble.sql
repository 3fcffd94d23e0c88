-- what: Rows whose window is complete go to a table of their own.
-- data: generated:4000
-- file f.json: SELECT k, n, CASE WHEN i >= 600 AND i % 50 = 0 THEN ts - INTERVAL '1 hour' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT k, count(*) AS c FROM (SELECT * FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE NOT (i >= 600 AND i % 50 = 0)) GROUP BY epoch_us(ts) // 5000000, k
-- golden late: SELECT k, n, epoch_us(ts) - 3600000000 AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE i >= 600 AND i % 50 = 0
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, t BIGINT GENERATED ALWAYS AS (epoch_us(ts)), WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE late (k BIGINT, n INT, t BIGINT) WITH (connector = 'single_file', path = '$output/late.json');
INSERT INTO o WITH (late_rows_to = 'late') SELECT k, count(*) AS c FROM f GROUP BY tumble(INTERVAL '5 seconds'), k;
