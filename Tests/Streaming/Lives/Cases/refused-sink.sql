-- what: A sink is not read.
-- data: generated:4000
-- fails: attempted to read from table 'b', but it is a sink
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE b (k INT) WITH (connector = 'blackhole');
INSERT INTO o SELECT k FROM e;
INSERT INTO o SELECT k FROM b;
