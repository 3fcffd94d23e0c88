-- what: In a text form the place of a row is the first byte of its record.
-- data: generated:4000
-- file f.json: SELECT * FROM e
-- golden: SELECT (line ->> 'k')::BIGINT AS k, coalesce(sum(strlen(line) + 1) OVER (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT AS place
-- golden: FROM (SELECT unnest(lines) AS line, generate_subscripts(lines, 1) AS number FROM (SELECT string_split(content, chr(10)) AS lines FROM read_text('$input/f.json')))
-- golden: WHERE line <> ''
CREATE TABLE f (k BIGINT, place BIGINT METADATA FROM 'position', ts TIMESTAMP NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
    WITH (connector = 'single_file', path = '$input/f.json');
CREATE TABLE o WITH (connector = 'single_file', path = '$output/o.json');
INSERT INTO o SELECT k, place FROM f;
