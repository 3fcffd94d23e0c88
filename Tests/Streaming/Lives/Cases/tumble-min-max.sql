-- what: The least and the greatest of numbers, texts and times.
-- data: generated:4000
-- golden: SELECT k, min(n), max(n), min(v), max(name), min(name), max(ts) FROM e GROUP BY epoch_us(ts) // 10000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, min(n) AS a, max(n) AS b, min(v) AS c, max(name) AS d, min(name) AS f, max(ts) AS g FROM e GROUP BY tumble(INTERVAL '10 seconds'), k;
