-- what: What several statements insert into a table goes into one sink.
-- data: generated:4000
-- golden: SELECT k, n FROM e WHERE n > 500 UNION ALL SELECT k, 0 FROM e WHERE n < -500
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, n FROM e WHERE n > 500;
INSERT INTO o SELECT k, 0 FROM e WHERE n < -500;
