-- what: The middle of a window.
-- data: generated:4000
-- golden: SELECT k, median(v) AS m, quantile_disc(n, 0.9) AS q FROM e  GROUP BY epoch_us(ts) // 5000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, median(v) AS m, quantile_disc(n, 0.9) AS q FROM e  GROUP BY tumble(INTERVAL '5 seconds'), k;
