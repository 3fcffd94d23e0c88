-- what: Variances and deviations, of samples and of populations.
-- data: generated:4000
-- golden: SELECT name, round(stddev(v), 6), round(var_pop(v), 6), round(variance(n), 3), round(stddev_pop(n), 6) FROM e GROUP BY epoch_us(ts) // 20000000, name
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT name, round(stddev(v), 6) AS a, round(var_pop(v), 6) AS b, round(variance(n), 3) AS c, round(stddev_pop(n), 6) AS d FROM e GROUP BY tumble(INTERVAL '20 seconds'), name;
