-- what: What a window has so far goes out each second, and is taken back for what it has later.
-- data: generated:4000
-- golden: SELECT epoch_us(ts) // 100000000 * 100000000 AS s, k, count(*) AS c, avg(v) AS m FROM e GROUP BY s, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o WITH (early_results_every = '1 second')
    SELECT epoch_us(w.start) AS s, k, c, m FROM (SELECT tumble(INTERVAL '100 seconds') AS w, k, count(*) AS c, avg(v) AS m FROM e GROUP BY w, k);
