-- what: Results and late rows are told apart.
-- data: generated:0
-- fails: it is the table of the results itself. Name another one
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o WITH (late_rows_to = 'O') SELECT count(*) FROM e GROUP BY tumble(INTERVAL '5 seconds');
