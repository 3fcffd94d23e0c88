-- what: Early results of a window over rows of another window, which go out once.
-- data: generated:4000
-- golden: SELECT s // 100000000 * 100000000 AS s, max(c) AS m FROM (SELECT epoch_us(ts) // 5000000 * 5000000 AS s, count(*) AS c FROM e GROUP BY s, k) GROUP BY s // 100000000 * 100000000
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
CREATE VIEW counts AS SELECT k, count(*) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds'), k;
INSERT INTO o WITH (early_results_every = '1 second')
    SELECT epoch_us(w.start) AS s, m FROM (SELECT tumble(INTERVAL '100 seconds') AS w, max(c) AS m FROM counts GROUP BY w);
