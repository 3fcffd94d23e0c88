-- what: Each insert takes its own part of a source.
-- data: generated:4000
-- golden p: SELECT k, n FROM e WHERE n > 0
-- golden q: SELECT k, -n FROM e WHERE n < 0
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE p WITH (connector = 'single_file', path = '$output/p.json');
CREATE TABLE q WITH (connector = 'single_file', path = '$output/q.json');
INSERT INTO p SELECT k, n FROM e WHERE n > 0;
INSERT INTO q SELECT k, -n AS n FROM e WHERE n < 0;
