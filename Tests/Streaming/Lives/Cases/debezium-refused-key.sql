-- what: A source of changes needs to know which rows are one.
-- data: generated:4000
-- fails: Table 'f': format debezium_json needs a PRIMARY KEY
CREATE TABLE f (id BIGINT, k BIGINT, n INT, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '10 seconds')
    WITH (connector = 'single_file', path = '$input/f.json', format = 'debezium_json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json', format = 'debezium_json');
INSERT INTO o SELECT id FROM f;
