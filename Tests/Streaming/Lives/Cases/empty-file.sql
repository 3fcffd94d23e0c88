-- what: A source that has nothing.
-- data: generated:4000
-- rows: none
-- length: short
-- file f.json: SELECT * FROM e WHERE false
-- golden: SELECT k, count(*) AS c FROM e WHERE false GROUP BY k
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, count(*) AS c FROM f GROUP BY tumble(INTERVAL '5 seconds'), k;
