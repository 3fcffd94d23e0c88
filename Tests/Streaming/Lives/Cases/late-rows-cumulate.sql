-- what: Late rows of a view with a filter, and of a query that reads what the window makes: only those that pass the filter were left out.
-- data: generated:4000
-- file f.json: SELECT k, n, CASE WHEN i >= 600 AND i % 50 = 0 THEN ts - INTERVAL '1 hour' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT count(*) AS c FROM (SELECT *, epoch_us(ts) // 20000000 AS w, unnest(range(epoch_us(ts) % 20000000 // 5000000, 4)) AS j FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE n > 0 AND NOT (i >= 600 AND i % 50 = 0)) GROUP BY w, j HAVING count(*) > 10
-- golden late: SELECT k, n, epoch_us(ts) - 3600000000 AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE n > 0 AND i >= 600 AND i % 50 = 0
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, t BIGINT GENERATED ALWAYS AS (epoch_us(ts)), WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE late (k BIGINT, n INT, t BIGINT) WITH (connector = 'single_file', path = '$output/late.json');
CREATE VIEW positive AS SELECT n + 1 AS m, t FROM f WHERE n > 0;
INSERT INTO o WITH (late_rows_to = 'late') SELECT c FROM (SELECT cumulate(INTERVAL '5 seconds', INTERVAL '20 seconds') AS w, count(*) AS c FROM positive GROUP BY w) WHERE c > 10;
