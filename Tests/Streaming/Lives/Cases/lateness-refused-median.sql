-- what: Aggregates that are computed at the end go out once.
-- data: generated:0
-- fails: (DISTINCT ...) is computed once, when its window is complete, and results change only of windows of
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o WITH (allowed_lateness = '10 seconds') SELECT k, count(DISTINCT n) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds'), k;
