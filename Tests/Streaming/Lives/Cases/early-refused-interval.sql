-- what: An interval has one length.
-- data: generated:0
-- fails: INSERT INTO o, early_results_every = '1 month': it is no interval above zero without months
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o WITH (early_results_every = '1 month') SELECT k, count(*) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds'), k;
