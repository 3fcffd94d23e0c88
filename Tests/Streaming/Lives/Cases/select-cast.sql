-- what: Casts, also those that may fail.
-- data: generated:4000
-- golden: SELECT v::BIGINT, try_cast(name AS INT), k::TEXT FROM e
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT v::BIGINT AS w, try_cast(name AS INT) AS none, k::TEXT AS t FROM e;
