-- what: Early results of a session of rows of a window, which go out once.
-- data: generated:4000
-- golden: SELECT k, count(*) AS c, max(n) AS m FROM (SELECT *, sum(CASE WHEN t - before < 11000000 THEN 0 ELSE 1 END) OVER (PARTITION BY k ORDER BY t) AS s FROM (SELECT *, lag(t) OVER (PARTITION BY k ORDER BY t) AS before FROM (SELECT k, epoch_us(ts) // 5000000 AS w, epoch_us(ts) // 5000000 * 5000000 + 4999999 AS t, count(*) AS n FROM e GROUP BY ALL))) GROUP BY k, s
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
CREATE VIEW counts AS SELECT k, count(*) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds'), k;
INSERT INTO o WITH (early_results_every = '1 second') SELECT k, count(*) AS c, max(c) AS m FROM counts GROUP BY session(INTERVAL '11 seconds'), k;
