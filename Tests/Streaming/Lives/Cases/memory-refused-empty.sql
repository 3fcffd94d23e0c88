-- what: A table in memory is read behind the statement that fills it.
-- data: generated:4000
-- fails: Can't query from memory table m without first inserting into it.
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE m (k BIGINT, t INT);
INSERT INTO o SELECT k FROM m;
