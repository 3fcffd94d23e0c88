-- what: Changes do not go into a table of rows that stay.
-- data: generated:4000
-- fails: Table 'o' takes rows that stay, and rows of this query are taken back when they change
CREATE TABLE f (id BIGINT PRIMARY KEY, k BIGINT, n INT, ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '10 seconds')
    WITH (connector = 'single_file', path = '$input/f.json', format = 'debezium_json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT id FROM f;
