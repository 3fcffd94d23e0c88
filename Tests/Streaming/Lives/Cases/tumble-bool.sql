-- what: Bools are joined by and, or by or.
-- data: generated:4000
-- golden: SELECT k, bool_and(flag), bool_or(n > 0) FROM e GROUP BY epoch_us(ts) // 5000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, bool_and(flag) AS a, bool_or(n > 0) AS b FROM e GROUP BY tumble(INTERVAL '5 seconds'), k;
