-- what: Only a window leaves rows out.
-- data: generated:0
-- fails: INSERT INTO o, late_rows_to = 'late': the query has no window over the rows of a table
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE late WITH (connector = 'single_file', path = '$output/late.json');
INSERT INTO o WITH (late_rows_to = 'late') SELECT k FROM e WHERE n > 0;
