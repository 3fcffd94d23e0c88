-- what: It has to be clear whose rows they are.
-- data: generated:0
-- fails: the query has two windows over tables
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE late WITH (connector = 'single_file', path = '$output/late.json');
INSERT INTO o WITH (late_rows_to = 'late') SELECT count(*) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds') UNION ALL SELECT count(*) AS c FROM e GROUP BY tumble(INTERVAL '10 seconds');
