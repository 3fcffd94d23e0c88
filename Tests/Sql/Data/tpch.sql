-- The eight tables of TPC-H in small: the columns and relations of the specification, other values. Functions of the row number only.
CREATE TABLE region AS
SELECT CAST(i AS INTEGER) AS r_regionkey, ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'][i + 1] AS r_name, 'comment ' || i AS r_comment
FROM range(5) r(i);

CREATE TABLE nation AS
SELECT CAST(i AS INTEGER) AS n_nationkey,
    ['ALGERIA', 'ARGENTINA', 'BRAZIL', 'CANADA', 'EGYPT', 'ETHIOPIA', 'FRANCE', 'GERMANY', 'INDIA', 'INDONESIA', 'IRAN', 'IRAQ', 'JAPAN', 'JORDAN', 'KENYA', 'MOROCCO', 'MOZAMBIQUE', 'PERU', 'CHINA', 'ROMANIA', 'SAUDI ARABIA', 'VIETNAM', 'RUSSIA', 'UNITED KINGDOM', 'UNITED STATES'][i + 1] AS n_name,
    CAST([0, 1, 1, 1, 4, 0, 3, 3, 2, 2, 4, 4, 2, 4, 0, 0, 0, 1, 2, 3, 4, 2, 3, 3, 1][i + 1] AS INTEGER) AS n_regionkey, 'comment ' || i AS n_comment
FROM range(25) r(i);

CREATE TABLE supplier AS
SELECT CAST(i + 1 AS INTEGER) AS s_suppkey, 'Supplier#' || lpad(CAST(i + 1 AS VARCHAR), 9, '0') AS s_name, 'address ' || (rnd(i) % 999) AS s_address,
    CAST(rnd(i * 3) % 25 AS INTEGER) AS s_nationkey, (10 + rnd(i * 3) % 25) || '-' || (100 + rnd(i) % 900) AS s_phone,
    CAST(CAST(rnd(i * 5) % 1100000 AS INTEGER) / 100 - 1000 AS DECIMAL(15, 2)) AS s_acctbal,
    CASE WHEN i % 9 = 0 THEN 'slow Customer service Complaints' ELSE 'fine supplier ' || i END AS s_comment
FROM range(40) r(i);

CREATE TABLE customer AS
SELECT CAST(i + 1 AS INTEGER) AS c_custkey, 'Customer#' || lpad(CAST(i + 1 AS VARCHAR), 9, '0') AS c_name, 'address ' || (rnd(i * 11) % 999) AS c_address,
    CAST(rnd(i * 13) % 25 AS INTEGER) AS c_nationkey, (10 + rnd(i * 13) % 25) || '-' || (100 + rnd(i) % 900) || '-' || (100 + rnd(i * 2) % 900) AS c_phone,
    CAST(CAST(rnd(i * 17) % 1100000 AS INTEGER) / 100 - 1000 AS DECIMAL(15, 2)) AS c_acctbal,
    ['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'HOUSEHOLD', 'MACHINERY'][rnd(i * 19) % 5 + 1] AS c_mktsegment, 'comment ' || i AS c_comment
FROM range(150) r(i);

CREATE TABLE part AS
SELECT CAST(i + 1 AS INTEGER) AS p_partkey, ['green', 'forest', 'almond', 'blue', 'ivory'][rnd(i) % 5 + 1] || ' ' || ['lemon', 'green', 'snow', 'puff'][rnd(i * 3) % 4 + 1] AS p_name,
    'Manufacturer#' || (rnd(i * 5) % 5 + 1) AS p_mfgr, 'Brand#' || (rnd(i * 5) % 5 + 1) || (rnd(i * 7) % 5 + 1) AS p_brand,
    ['STANDARD', 'SMALL', 'MEDIUM', 'LARGE', 'ECONOMY', 'PROMO'][rnd(i * 9) % 6 + 1] || ' ' || ['ANODIZED', 'BURNISHED', 'PLATED', 'POLISHED', 'BRUSHED'][rnd(i * 11) % 5 + 1] || ' ' || ['TIN', 'NICKEL', 'BRASS', 'STEEL', 'COPPER'][rnd(i * 13) % 5 + 1] AS p_type,
    CAST(rnd(i * 15) % 50 + 1 AS INTEGER) AS p_size, ['SM', 'MED', 'LG', 'JUMBO', 'WRAP'][rnd(i * 17) % 5 + 1] || ' ' || ['CASE', 'BOX', 'BAG', 'JAR', 'PKG', 'PACK', 'CAN', 'DRUM'][rnd(i * 19) % 8 + 1] AS p_container,
    CAST(900 + i AS DECIMAL(15, 2)) AS p_retailprice, 'comment ' || i AS p_comment
FROM range(200) r(i);

CREATE TABLE partsupp AS
SELECT CAST(p + 1 AS INTEGER) AS ps_partkey, CAST((p + k * 10 + p // 40) % 40 + 1 AS INTEGER) AS ps_suppkey, CAST(rnd(p * 4 + k) % 9999 + 1 AS INTEGER) AS ps_availqty,
    CAST((rnd(p * 7 + k) % 100000) / 100 + 1 AS DECIMAL(15, 2)) AS ps_supplycost, 'comment ' || p AS ps_comment
FROM range(200) a(p), range(4) b(k);

CREATE TABLE orders AS
SELECT CAST(i * 4 + 1 AS INTEGER) AS o_orderkey, CAST((rnd(i * 3) % 100) + 1 AS INTEGER) AS o_custkey, ['O', 'F', 'P'][rnd(i * 5) % 3 + 1] AS o_orderstatus,
    CAST((rnd(i * 7) % 40000000) / 100 AS DECIMAL(15, 2)) AS o_totalprice, DATE '1992-01-01' + CAST(rnd(i * 9) % 2400 AS INTEGER) AS o_orderdate,
    ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'][rnd(i * 11) % 5 + 1] AS o_orderpriority, 'Clerk#' || (rnd(i) % 10) AS o_clerk, 0 AS o_shippriority,
    CASE WHEN i % 7 = 0 THEN 'special pending requests' ELSE 'comment ' || i END AS o_comment
FROM range(600) r(i);

CREATE TABLE lineitem AS
SELECT o_orderkey AS l_orderkey, CAST(p + 1 AS INTEGER) AS l_partkey, CAST((p + (x % 4) * 10 + p // 40) % 40 + 1 AS INTEGER) AS l_suppkey, CAST(k + 1 AS INTEGER) AS l_linenumber,
    CAST(x % 50 + 1 AS DECIMAL(15, 2)) AS l_quantity, CAST((x % 50 + 1) * (900 + p) / 10 AS DECIMAL(15, 2)) AS l_extendedprice, CAST((x % 11) / 100 AS DECIMAL(15, 2)) AS l_discount,
    CAST((x % 9) / 100 AS DECIMAL(15, 2)) AS l_tax, ['R', 'A', 'N'][x % 3 + 1] AS l_returnflag, ['O', 'F'][x // 3 % 2 + 1] AS l_linestatus,
    o_orderdate + CAST(x % 121 + 1 AS INTEGER) AS l_shipdate, o_orderdate + CAST(x // 7 % 61 + 30 AS INTEGER) AS l_commitdate, o_orderdate + CAST(x % 121 + x // 11 % 30 + 2 AS INTEGER) AS l_receiptdate,
    ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'][x // 5 % 4 + 1] AS l_shipinstruct, ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'][x // 13 % 7 + 1] AS l_shipmode, 'comment' AS l_comment
FROM (
    SELECT *, CAST(rnd(o_orderkey * 8 + k) % 1000003 AS BIGINT) AS x, CAST(rnd(o_orderkey * 16 + k) % 200 AS INTEGER) AS p
    FROM orders, range(7) b(k) WHERE k <= rnd(o_orderkey) % 7
);
