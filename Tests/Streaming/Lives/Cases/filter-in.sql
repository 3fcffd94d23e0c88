-- what: IN, BETWEEN and NOT.
-- data: generated:4000
-- golden: SELECT k, n FROM e WHERE k IN (1, 3, 5) AND NOT n BETWEEN -500 AND 500
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, n FROM e WHERE k IN (1, 3, 5) AND NOT n BETWEEN -500 AND 500;
