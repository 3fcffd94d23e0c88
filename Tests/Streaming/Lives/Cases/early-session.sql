-- what: What a session has so far goes out each second, and is taken back for what it has later.
-- data: generated:4000
-- golden: SELECT name, count(*) AS c, max(v) AS m FROM (SELECT *, sum(CASE WHEN t - before < 2000000 THEN 0 ELSE 1 END) OVER (PARTITION BY name ORDER BY t) AS s FROM (SELECT *, epoch_us(ts) AS t, lag(epoch_us(ts)) OVER (PARTITION BY name ORDER BY ts) AS before FROM e)) GROUP BY name, s
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o WITH (early_results_every = '1 second') SELECT name, count(*) AS c, max(v) AS m FROM e GROUP BY session(INTERVAL '2 seconds'), name;
