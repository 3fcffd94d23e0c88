-- what: A window stands in GROUP BY.
-- data: generated:4000
-- fails: A time window function is not allowed in this context. Are you missing a GROUP BY clause?
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT tumble(INTERVAL '5 seconds') FROM e;
