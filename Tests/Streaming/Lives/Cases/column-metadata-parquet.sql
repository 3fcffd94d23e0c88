-- what: Columns that the connector fills: the name of the file that a row is of, and the number of the row in it.
-- data: generated:4000
-- file f.parquet: SELECT * FROM e
-- golden: SELECT parse_filename(filename) AS file, k, file_row_number AS place FROM read_parquet('$input/f.parquet', filename = true, file_row_number = true)
CREATE TABLE f (file TEXT METADATA FROM 'name', k BIGINT, place BIGINT METADATA FROM 'position', ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.parquet');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT file, k, place FROM f;
