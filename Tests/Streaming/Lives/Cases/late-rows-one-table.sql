-- what: Late rows of two windows, and rows of a query, go into one table.
-- data: generated:4000
-- file f.json: SELECT k, n, CASE WHEN i >= 600 AND i % 50 = 0 THEN ts - INTERVAL '1 hour' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT sum(n)::BIGINT AS s FROM (SELECT * FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE NOT (i >= 600 AND i % 50 = 0)) GROUP BY epoch_us(ts) // 10000000
-- golden p: SELECT max(n) AS s FROM (SELECT * FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE NOT (i >= 600 AND i % 50 = 0)) GROUP BY epoch_us(ts) // 5000000
-- golden late: SELECT k, n FROM (SELECT k, n, unnest(range(2)) FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE i >= 600 AND i % 50 = 0) UNION ALL SELECT k, n FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE n = 7
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, t BIGINT GENERATED ALWAYS AS (epoch_us(ts)), WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE late (k BIGINT, n INT) WITH (connector = 'single_file', path = '$output/late.json');
CREATE TABLE p WITH (connector = 'single_file', path = '$output/p.json');
INSERT INTO o WITH (late_rows_to = 'late') SELECT sum(n)::BIGINT AS s FROM f GROUP BY tumble(INTERVAL '10 seconds');
INSERT INTO p WITH (late_rows_to = 'late') SELECT max(n) AS s FROM f GROUP BY tumble(INTERVAL '5 seconds');
INSERT INTO late SELECT k, n FROM f WHERE n = 7;
