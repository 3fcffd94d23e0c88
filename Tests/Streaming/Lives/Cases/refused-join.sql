-- what: A join without a window needs an equality.
-- data: generated:4000
-- fails: Updating joins must include an equijoin condition
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT a.k FROM e a JOIN e b ON a.k > b.k;
