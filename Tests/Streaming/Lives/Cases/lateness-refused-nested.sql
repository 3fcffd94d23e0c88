-- what: Rows of a window are never late for another one.
-- data: generated:0
-- fails: the window reads rows of another window, which come in time or not at all
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
CREATE VIEW counts AS SELECT count(*) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds');
INSERT INTO o WITH (allowed_lateness = '10 seconds') SELECT max(c) AS c FROM counts GROUP BY tumble(INTERVAL '10 seconds');
