-- what: Rows of JSON lines.
-- data: generated:4000
-- file f.json: SELECT * FROM e
-- golden: SELECT k, count(*) AS c, sum(v) AS s, max(name) AS m FROM e GROUP BY epoch_us(ts) // 5000000, k
CREATE TABLE f (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c, sum(v) AS s, max(name) AS m FROM f GROUP BY tumble(INTERVAL '5 seconds'), k;
