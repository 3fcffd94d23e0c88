-- what: Results go out before their window is complete, at its end, and again with rows that come late.
-- data: generated:4000
-- file f.json: SELECT k, n, CASE WHEN i >= 600 AND i % 50 = 0 THEN ts - INTERVAL '1 hour' WHEN i >= 600 AND i % 7 = 0 THEN ts - INTERVAL '20 seconds' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT s * 5000000 AS s, k, count(*) AS c, sum(n)::BIGINT AS m FROM (SELECT *, unnest(range(t // 5000000 - 3, t // 5000000 + 1)) AS s FROM (SELECT k, n, epoch_us(ts) - CASE WHEN i >= 600 AND i % 7 = 0 THEN 20000000 ELSE 0 END AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE NOT (i >= 600 AND i % 50 = 0))) GROUP BY s, k
-- golden late: SELECT k, n, epoch_us(ts) - 3600000000 AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE i >= 600 AND i % 50 = 0
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, t BIGINT GENERATED ALWAYS AS (epoch_us(ts)), WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
CREATE TABLE late (k BIGINT, n INT, t BIGINT) WITH (connector = 'single_file', path = '$output/late.json');
INSERT INTO o WITH (allowed_lateness = '1 minute', early_results_every = '1 second', late_rows_to = 'late')
    SELECT epoch_us(w.start) AS s, k, c, m FROM (SELECT hop(INTERVAL '5 seconds', INTERVAL '20 seconds') AS w, k, count(*) AS c, sum(n)::BIGINT AS m FROM f GROUP BY w, k);
