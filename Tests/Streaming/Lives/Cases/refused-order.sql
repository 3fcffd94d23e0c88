-- what: Streams have no end to sort at.
-- data: generated:4000
-- fails: ORDER BY and LIMIT are not supported over streams, which have no end.
CREATE TABLE e (k BIGINT, name TEXT, n INT, v DOUBLE, flag BOOLEAN, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'events');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k FROM e ORDER BY k;
