-- what: A length has a unit.
-- data: generated:0
-- fails: INSERT INTO o, allowed_lateness = 'soon': it is no interval above zero without months, such as '10 seconds'.
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o WITH (allowed_lateness = 'soon') SELECT k, count(*) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds'), k;
