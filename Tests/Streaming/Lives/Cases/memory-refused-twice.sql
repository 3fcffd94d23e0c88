-- what: A table in memory is inserted into once.
-- data: generated:4000
-- fails: Can only insert into a memory table once
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE m (k BIGINT, t INT);
INSERT INTO m SELECT k, n FROM e;
INSERT INTO m SELECT k, n FROM e;
