-- what: A row that comes late corrects the windows of its width from its step on. Without keys each window has one result.
-- data: generated:4000
-- file f.json: SELECT k, n, CASE WHEN i >= 600 AND i % 50 = 0 THEN ts - INTERVAL '1 hour' WHEN i >= 600 AND i % 7 = 0 THEN ts - INTERVAL '20 seconds' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT w * 20000000 + (j + 1) * 5000000 AS "end", count(*) AS c, sum(n)::BIGINT AS m FROM (SELECT *, t // 20000000 AS w, unnest(range(t % 20000000 // 5000000, 4)) AS j FROM (SELECT k, n, epoch_us(ts) - CASE WHEN i >= 600 AND i % 7 = 0 THEN 20000000 ELSE 0 END AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE NOT (i >= 600 AND i % 50 = 0))) GROUP BY w, j
-- golden late: SELECT k, n, epoch_us(ts) - 3600000000 AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE i >= 600 AND i % 50 = 0
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, t BIGINT GENERATED ALWAYS AS (epoch_us(ts)), WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
CREATE TABLE late (k BIGINT, n INT, t BIGINT) WITH (connector = 'single_file', path = '$output/late.json');
INSERT INTO o WITH (allowed_lateness = '1 minute', late_rows_to = 'late')
    SELECT epoch_us(w."end") AS "end", c, m FROM (SELECT cumulate(INTERVAL '5 seconds', INTERVAL '20 seconds') AS w, count(*) AS c, sum(n)::BIGINT AS m FROM f GROUP BY w);
