-- what: Records that cannot be read are left out.
-- data: generated:4000
-- file f.json: SELECT k, CASE WHEN n % 10 = 0 THEN 'bad' ELSE n::VARCHAR END AS n, ts FROM e
-- golden: SELECT k, n FROM e WHERE n % 10 <> 0 OR n IS NULL
CREATE TABLE f (k BIGINT, n INT, ts TIMESTAMP NOT NULL, WATERMARK FOR ts)
    WITH (connector = 'single_file', path = '$input/f.json', bad_data = 'drop');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, n FROM f;
