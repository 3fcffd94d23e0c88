-- what: Early results that come once in days are none.
-- data: generated:0
-- fails: INSERT INTO o, early_results_every = '2 days': it is longer than 1 day.
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o WITH (early_results_every = '2 days') SELECT k, count(*) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds'), k;
