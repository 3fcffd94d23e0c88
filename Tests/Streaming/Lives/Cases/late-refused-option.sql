-- what: A wrong option is named.
-- data: generated:0
-- fails: INSERT INTO o: there is no option 'late_rows'; there are: allowed_lateness, early_results_every, late_rows_to.
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE late WITH (connector = 'single_file', path = '$output/late.json');
INSERT INTO o WITH (late_rows = 'late') SELECT count(*) FROM e GROUP BY tumble(INTERVAL '5 seconds');
