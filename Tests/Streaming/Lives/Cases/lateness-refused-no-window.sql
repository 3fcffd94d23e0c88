-- what: Only a window waits for rows.
-- data: generated:0
-- fails: INSERT INTO o, allowed_lateness = '10 seconds': the query groups by no window
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o WITH (allowed_lateness = '10 seconds') SELECT k, count(*) AS c FROM e GROUP BY k;
