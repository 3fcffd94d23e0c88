-- what: A table is looked up by its whole primary key.
-- data: generated:10
-- fails: the right-side of a look-up join condition must be a PRIMARY KEY column: table 'c' is looked up by (k), and no condition says that 'k' is equal to a value of the stream.
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TEMPORARY TABLE c (k BIGINT PRIMARY KEY, city TEXT) WITH (connector = 'single_file', path = '$input/c.json');
SELECT e.k, c.k FROM e JOIN c ON e.name = c.city;
