-- what: What reads late rows would leave them out again.
-- data: generated:0
-- fails: INSERT INTO o, late_rows_to = 'late': it has no connector that takes rows
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE late (k BIGINT);
INSERT INTO o WITH (late_rows_to = 'late') SELECT count(*) FROM e GROUP BY tumble(INTERVAL '5 seconds');
