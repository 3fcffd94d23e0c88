-- what: What stands over a window reads it by way of a table in memory.
-- data: generated:0
-- fails: and its rows change. Insert the window's rows into a table in memory with this option
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o WITH (allowed_lateness = '10 seconds') SELECT max(c) AS c FROM (SELECT tumble(INTERVAL '5 seconds') AS w, k, count(*) AS c FROM e GROUP BY w, k) GROUP BY w;
