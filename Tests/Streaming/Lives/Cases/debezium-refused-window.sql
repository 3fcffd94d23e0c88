-- what: Windows need rows that stay.
-- data: generated:4000
-- fails: A window needs rows that stay
CREATE TABLE f (id BIGINT PRIMARY KEY, k BIGINT, n INT, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '10 seconds')
    WITH (connector = 'single_file', path = '$input/f.json', format = 'debezium_json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT count(*) FROM f GROUP BY tumble(INTERVAL '5 seconds');
