-- what: Sessions without keys take late rows; HAVING sees each correction.
-- data: generated:4000
-- file f.json: SELECT n, CASE WHEN i >= 600 AND i % 7 = 0 THEN ts - INTERVAL '20 seconds' ELSE ts END AS ts FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)
-- golden: SELECT count(*) AS c, max(n) AS m FROM (SELECT *, sum(CASE WHEN t - before < 100000 THEN 0 ELSE 1 END) OVER (ORDER BY t) AS s FROM (SELECT *, lag(t) OVER (ORDER BY t) AS before FROM (SELECT n, epoch_us(ts) - CASE WHEN i >= 600 AND i % 7 = 0 THEN 20000000 ELSE 0 END AS t FROM (SELECT row_number() OVER () - 1 AS i, * FROM e)))) GROUP BY s HAVING count(*) > 2
CREATE TABLE f (n INT, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds') WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o WITH (allowed_lateness = '1 minute') SELECT count(*) AS c, max(n) AS m FROM f GROUP BY session(INTERVAL '100 milliseconds') HAVING count(*) > 2;
