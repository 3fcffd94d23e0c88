-- what: A connector says what it offers.
-- data: generated:4000
-- fails: Table 'f', column 'place' is METADATA FROM 'offset', which connector single_file does not offer; it offers 'path' (TEXT), 'name' (TEXT), 'position' (BIGINT).
CREATE TABLE f (k BIGINT, place BIGINT METADATA FROM 'offset', ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, place FROM f;
