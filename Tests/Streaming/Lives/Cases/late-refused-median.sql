-- what: Rows of aggregates that are computed at the end are only counted when they are late.
-- data: generated:0
-- fails: is computed when its window is complete, and late rows are told only of windows of
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE late WITH (connector = 'single_file', path = '$output/late.json');
INSERT INTO o WITH (late_rows_to = 'late') SELECT median(n) FROM e GROUP BY tumble(INTERVAL '5 seconds');
