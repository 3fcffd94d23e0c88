-- what: Rows that stay meet whenever they come.
-- data: generated:4000
-- golden: SELECT a.k, a.n, b.v FROM (SELECT * FROM e WHERE n > 900) a JOIN (SELECT * FROM e WHERE v > 90) b ON a.k = b.k
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT a.k, a.n, b.v FROM (SELECT * FROM e WHERE n > 900) a JOIN (SELECT * FROM e WHERE v > 90) b ON a.k = b.k;
