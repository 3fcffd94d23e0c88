-- what: Results that are taken back need a table that takes that.
-- data: generated:0
-- fails: INSERT INTO o, allowed_lateness = '10 seconds': the table takes rows that stay
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o WITH (allowed_lateness = '10 seconds') SELECT k, count(*) AS c FROM e GROUP BY tumble(INTERVAL '5 seconds'), k;
