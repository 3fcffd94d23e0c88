-- what: With a primary key, what goes and comes of one key is one envelope.
-- data: generated:4000
-- golden: SELECT k, count(*) AS c, sum(n)::BIGINT AS s FROM e WHERE k IS NOT NULL GROUP BY k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o (k BIGINT PRIMARY KEY, c BIGINT, s BIGINT) WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT k, count(*) AS c, sum(n)::BIGINT AS s FROM e WHERE k IS NOT NULL GROUP BY k;
