-- what: HAVING chooses among the results.
-- data: generated:4000
-- golden: SELECT k, count(*) FROM e GROUP BY epoch_us(ts) // 5000000, k HAVING count(*) > 10 AND k > 2
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds'), k HAVING count(*) > 10 AND k > 2;
