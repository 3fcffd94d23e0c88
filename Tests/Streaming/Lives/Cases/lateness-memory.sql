-- what: By way of a table in memory, queries over results that change follow their corrections.
-- data: generated:4000
-- file f.json: SELECT k, n, CASE WHEN i >= 600 AND i % 50 = 0 THEN ts - INTERVAL '1 hour' WHEN i >= 600 AND i % 7 = 0 THEN ts - INTERVAL '20 seconds' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT c, count(*) AS results FROM (SELECT count(*) AS c FROM (SELECT k, n, epoch_us(ts) - CASE WHEN i >= 600 AND i % 7 = 0 THEN 20000000 ELSE 0 END AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE NOT (i >= 600 AND i % 50 = 0)) GROUP BY t // 5000000, k) GROUP BY c
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, t BIGINT GENERATED ALWAYS AS (epoch_us(ts)), WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
CREATE TABLE m (k BIGINT, c BIGINT);
INSERT INTO m WITH (allowed_lateness = '1 minute') SELECT k, count(*) FROM f GROUP BY tumble(INTERVAL '5 seconds'), k;
INSERT INTO o SELECT c, count(*) AS results FROM m GROUP BY c;
