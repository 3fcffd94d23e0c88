-- what: The width of a hop is a multiple of its slide.
-- data: generated:4000
-- fails: hop() width 3600s currently must be a multiple of slide 2400s
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT count(*) FROM e GROUP BY hop(INTERVAL '40 minutes', INTERVAL '1 hour');
