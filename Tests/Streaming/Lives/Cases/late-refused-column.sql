-- what: Late rows are those of the table that the window reads.
-- data: generated:0
-- fails: its column 'colour' is none of the table 'e' that the window reads, which has: k, name, n, v, flag, ts
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE late (k BIGINT, colour TEXT) WITH (connector = 'single_file', path = '$output/late.json');
INSERT INTO o WITH (late_rows_to = 'late') SELECT count(*) FROM e GROUP BY tumble(INTERVAL '5 seconds');
