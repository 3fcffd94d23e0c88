-- what: A query with a name of its own.
-- data: generated:4000
-- golden: WITH p AS (SELECT k, n FROM e WHERE n > 0), q AS (SELECT k, n * 2 AS n FROM p WHERE k > 5) SELECT * FROM q
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o WITH p AS (SELECT k, n FROM e WHERE n > 0), q AS (SELECT k, n * 2 AS n FROM p WHERE k > 5) SELECT * FROM q;
