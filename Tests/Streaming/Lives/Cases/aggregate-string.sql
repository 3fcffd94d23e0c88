-- what: Texts of a window, put together in order.
-- data: generated:4000
-- golden: SELECT k, string_agg(name, '-' ORDER BY n, name) AS t FROM e  GROUP BY epoch_us(ts) // 5000000, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, string_agg(name, '-' ORDER BY n, name) AS t FROM e  GROUP BY tumble(INTERVAL '5 seconds'), k;
