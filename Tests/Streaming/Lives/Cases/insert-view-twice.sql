-- what: A view that two inserts read.
-- data: generated:4000
-- golden o: SELECT n FROM e WHERE flag
-- golden p: SELECT k, sum(n)::BIGINT FROM (SELECT *, epoch_us(ts) // 5000000 - unnest(range(0, 2)) AS w FROM e) WHERE flag GROUP BY w, k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
CREATE TABLE p WITH (connector = 'single_file', path = '$output/p.json');
CREATE VIEW flagged AS SELECT k, n FROM e WHERE flag;
INSERT INTO o SELECT n FROM flagged;
INSERT INTO p SELECT k, sum(n)::BIGINT AS s FROM flagged GROUP BY hop(INTERVAL '5 seconds', INTERVAL '10 seconds'), k;
