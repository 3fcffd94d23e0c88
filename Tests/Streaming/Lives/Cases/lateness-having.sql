-- what: A correction may let a result through, or take it back.
-- data: generated:4000
-- file f.json: SELECT k, n, CASE WHEN i >= 600 AND i % 50 = 0 THEN ts - INTERVAL '1 hour' WHEN i >= 600 AND i % 7 = 0 THEN ts - INTERVAL '20 seconds' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT t // 5000000 * 5000000 AS s, k, count(*) AS c FROM (SELECT k, n, epoch_us(ts) - CASE WHEN i >= 600 AND i % 7 = 0 THEN 20000000 ELSE 0 END AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE NOT (i >= 600 AND i % 50 = 0)) WHERE n IS NOT NULL GROUP BY s, k HAVING c % 2 = 0
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, t BIGINT GENERATED ALWAYS AS (epoch_us(ts)), WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
CREATE VIEW known AS SELECT k, n FROM f WHERE n IS NOT NULL;
INSERT INTO o WITH (allowed_lateness = '1 minute')
    SELECT epoch_us(w.start) AS s, k, c FROM (SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c FROM known GROUP BY w, k) WHERE c % 2 = 0;
