-- what: A late row within the allowed lateness makes a session longer, or one of two, that have gone out; rows that come later go to a table of their own.
-- data: generated:4000
-- file f.json: SELECT k, n, CASE WHEN i >= 600 AND i % 50 = 0 THEN ts - INTERVAL '1 hour' WHEN i >= 600 AND i % 7 = 0 THEN ts - INTERVAL '20 seconds' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT k, min(t) AS a, max(t) + 1000000 AS b, count(*) AS c, sum(n)::BIGINT AS m FROM (SELECT *, sum(CASE WHEN t - before < 1000000 THEN 0 ELSE 1 END) OVER (PARTITION BY k ORDER BY t) AS s FROM (SELECT *, lag(t) OVER (PARTITION BY k ORDER BY t) AS before FROM (SELECT k, n, epoch_us(ts) - CASE WHEN i >= 600 AND i % 7 = 0 THEN 20000000 ELSE 0 END AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE NOT (i >= 600 AND i % 50 = 0)))) GROUP BY k, s
-- golden late: SELECT k, n, epoch_us(ts) - 3600000000 AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE i >= 600 AND i % 50 = 0
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, t BIGINT GENERATED ALWAYS AS (epoch_us(ts)), WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
CREATE TABLE late (k BIGINT, n INT, t BIGINT) WITH (connector = 'single_file', path = '$output/late.json');
INSERT INTO o WITH (allowed_lateness = '1 minute', late_rows_to = 'late')
    SELECT k, epoch_us(w.start) AS a, epoch_us(w."end") AS b, c, m FROM (SELECT session(INTERVAL '1 second') AS w, k, count(*) AS c, sum(n)::BIGINT AS m FROM f GROUP BY w, k);
