-- what: Longer parts of time over a window's corrected results: by way of a table in memory, grouped by their times.
-- data: generated:4000
-- file f.json: SELECT k, n, CASE WHEN i >= 600 AND i % 50 = 0 THEN ts - INTERVAL '1 hour' WHEN i >= 600 AND i % 7 = 0 THEN ts - INTERVAL '20 seconds' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT s // 20000000 AS d, count(*) AS c, sum(c)::BIGINT AS m FROM (SELECT t // 5000000 * 5000000 AS s, k, count(*) AS c FROM (SELECT k, epoch_us(ts) - CASE WHEN i >= 600 AND i % 7 = 0 THEN 20000000 ELSE 0 END AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e) WHERE NOT (i >= 600 AND i % 50 = 0)) GROUP BY ALL) GROUP BY d
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds') WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
CREATE TABLE m (s BIGINT, k BIGINT, c BIGINT);
INSERT INTO m WITH (allowed_lateness = '1 minute')
    SELECT epoch_us(w.start), k, c FROM (SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c FROM f GROUP BY w, k);
INSERT INTO o SELECT s // 20000000 AS d, count(*) AS c, sum(c)::BIGINT AS m FROM m GROUP BY d;
