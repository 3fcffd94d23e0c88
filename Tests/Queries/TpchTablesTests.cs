namespace OrleansFlow.Tests.Queries;

/// <summary>The generated tables against clauses 1.4 and 4.2 of the TPC-H specification, by SQL over the files.</summary>
public sealed class TpchTablesTests(TpchFiles files)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("region", 5)]
    [InlineData("nation", 25)]
    [InlineData("supplier", 100)]
    [InlineData("customer", 1_500)]
    [InlineData("part", 2_000)]
    [InlineData("partsupp", 8_000)]
    [InlineData("orders", 15_000)]
    public async Task Table_AtAHundredth_HasItsCardinality(string table, long rowCount) =>
        Assert.Equal(rowCount, await files.ValueAsync($"SELECT count(*) FROM {table}", Token));

    /// <summary>Every rule is a query for rows that break it.</summary>
    [Theory]
    [InlineData("keys are 1..n", "SELECT 1 FROM customer HAVING min(c_custkey) <> 1 OR max(c_custkey) <> count(*) OR count(DISTINCT c_custkey) <> count(*)")]
    [InlineData("keys are 1..n", "SELECT 1 FROM part HAVING min(p_partkey) <> 1 OR max(p_partkey) <> count(*) OR count(DISTINCT p_partkey) <> count(*)")]
    [InlineData("keys are 1..n", "SELECT 1 FROM supplier HAVING min(s_suppkey) <> 1 OR max(s_suppkey) <> count(*) OR count(DISTINCT s_suppkey) <> count(*)")]
    [InlineData("order keys are unique", "SELECT o_orderkey FROM orders GROUP BY ALL HAVING count(*) > 1")]
    [InlineData("order keys are the first 8 of each 32", "FROM orders WHERE (o_orderkey - 1) % 32 > 7")]
    [InlineData("order keys are dense within their eights", "SELECT 1 FROM orders HAVING max(o_orderkey) <> (count(*) - 1) // 8 * 32 + (count(*) - 1) % 8 + 1")]
    [InlineData("a part has four suppliers", "SELECT ps_partkey FROM partsupp GROUP BY ALL HAVING count(DISTINCT ps_suppkey) <> 4")]
    [InlineData("a part's suppliers follow the formula", """
        FROM (SELECT ps_partkey AS p, ps_suppkey AS s, (SELECT count(*) FROM supplier) AS n FROM partsupp)
        WHERE s NOT IN (SELECT (p + i * (n // 4 + (p - 1) // n)) % n + 1 FROM range(4) AS t(i))
        """)]
    [InlineData("a line's supplier has the part", "FROM lineitem ANTI JOIN partsupp ON l_partkey = ps_partkey AND l_suppkey = ps_suppkey")]
    [InlineData("a line has an order", "FROM lineitem ANTI JOIN orders ON l_orderkey = o_orderkey")]
    [InlineData("an order has 1 to 7 lines, numbered from 1", """
        SELECT l_orderkey FROM lineitem GROUP BY ALL
        HAVING count(*) > 7 OR min(l_linenumber) <> 1 OR max(l_linenumber) <> count(*) OR count(DISTINCT l_linenumber) <> count(*)
        """)]
    [InlineData("an order has lines", "FROM orders ANTI JOIN lineitem ON l_orderkey = o_orderkey")]
    [InlineData("an order has a customer", "FROM orders ANTI JOIN customer ON o_custkey = c_custkey")]
    [InlineData("every third customer has no orders", "FROM orders WHERE o_custkey % 3 = 0")]
    [InlineData("nations exist", "FROM (SELECT c_nationkey AS n FROM customer UNION SELECT s_nationkey FROM supplier) ANTI JOIN nation ON n = n_nationkey")]
    [InlineData("regions exist", "FROM nation ANTI JOIN region ON n_regionkey = r_regionkey")]
    [InlineData("ship date", "FROM lineitem JOIN orders ON l_orderkey = o_orderkey WHERE l_shipdate - o_orderdate NOT BETWEEN 1 AND 121")]
    [InlineData("commit date", "FROM lineitem JOIN orders ON l_orderkey = o_orderkey WHERE l_commitdate - o_orderdate NOT BETWEEN 30 AND 90")]
    [InlineData("receipt date", "FROM lineitem WHERE l_receiptdate - l_shipdate NOT BETWEEN 1 AND 30")]
    [InlineData("order date", "FROM orders WHERE o_orderdate NOT BETWEEN DATE '1992-01-01' AND DATE '1998-08-02'")]
    [InlineData("line status", "FROM lineitem WHERE l_linestatus <> CASE WHEN l_shipdate > DATE '1995-06-17' THEN 'O' ELSE 'F' END")]
    [InlineData("return flag", "FROM lineitem WHERE (l_returnflag = 'N') <> (l_receiptdate > DATE '1995-06-17') OR l_returnflag NOT IN ('A', 'N', 'R')")]
    [InlineData("order status", """
        SELECT 1 FROM orders JOIN lineitem ON l_orderkey = o_orderkey GROUP BY o_orderkey, o_orderstatus
        HAVING o_orderstatus <> CASE WHEN bool_and(l_linestatus = 'F') THEN 'F' WHEN bool_and(l_linestatus = 'O') THEN 'O' ELSE 'P' END
        """)]
    [InlineData("total price", """
        SELECT 1 FROM orders JOIN lineitem ON l_orderkey = o_orderkey GROUP BY o_orderkey, o_totalprice
        HAVING o_totalprice <> round(sum(l_extendedprice * (1 + l_tax) * (1 - l_discount)), 2)
        """)]
    [InlineData("extended price", "FROM lineitem JOIN part ON l_partkey = p_partkey WHERE l_extendedprice <> l_quantity * p_retailprice")]
    [InlineData("retail price", "FROM part WHERE p_retailprice <> ((90000 + (p_partkey // 10) % 20001 + 100 * (p_partkey % 1000)) / 100)::DECIMAL(15, 2)")]
    [InlineData("quantity, discount, tax", "FROM lineitem WHERE l_quantity NOT BETWEEN 1 AND 50 OR l_quantity <> l_quantity::INT OR l_discount NOT BETWEEN 0 AND 0.10 OR l_tax NOT BETWEEN 0 AND 0.08")]
    [InlineData("supply", "FROM partsupp WHERE ps_availqty NOT BETWEEN 1 AND 9999 OR ps_supplycost NOT BETWEEN 1 AND 1000")]
    [InlineData("balance", "FROM (SELECT c_acctbal AS b FROM customer UNION ALL SELECT s_acctbal FROM supplier) WHERE b NOT BETWEEN -999.99 AND 9999.99")]
    [InlineData("names", "FROM customer WHERE c_name <> printf('Customer#%09d', c_custkey)")]
    [InlineData("names", "FROM supplier WHERE s_name <> printf('Supplier#%09d', s_suppkey)")]
    [InlineData("clerks", "FROM orders WHERE NOT regexp_full_match(o_clerk, 'Clerk#[0-9]{9}') OR substr(o_clerk, 7)::INT NOT BETWEEN 1 AND 10")]
    [InlineData("ship priority", "FROM orders WHERE o_shippriority <> 0")]
    [InlineData("phones", """
        FROM (SELECT c_phone AS p, c_nationkey AS n FROM customer UNION ALL SELECT s_phone, s_nationkey FROM supplier)
        WHERE NOT regexp_full_match(p, '[1-3][0-9]-[1-9][0-9]{2}-[1-9][0-9]{2}-[1-9][0-9]{3}') OR left(p, 2)::INT <> n + 10
        """)]
    [InlineData("addresses", "FROM (SELECT c_address AS a FROM customer UNION ALL SELECT s_address FROM supplier) WHERE length(a) NOT BETWEEN 10 AND 40")]
    [InlineData("part names are five different colours", "FROM part WHERE len(list_distinct(string_split(p_name, ' '))) <> 5 OR len(string_split(p_name, ' ')) <> 5")]
    [InlineData("brand belongs to its maker", "FROM part WHERE NOT regexp_full_match(p_mfgr, 'Manufacturer#[1-5]') OR NOT regexp_full_match(p_brand, 'Brand#[1-5][1-5]') OR right(p_mfgr, 1) <> p_brand[7]")]
    [InlineData("part sizes", "FROM part WHERE p_size NOT BETWEEN 1 AND 50")]
    [InlineData("part types and containers", "FROM part WHERE len(string_split(p_type, ' ')) <> 3 OR len(string_split(p_container, ' ')) <> 2")]
    [InlineData("a 92-colour palette, 150 types, 40 containers, 25 brands", """
        SELECT 1 FROM part
        HAVING count(DISTINCT p_type) <> 150 OR count(DISTINCT p_container) <> 40 OR count(DISTINCT p_brand) <> 25
            OR len(list_distinct(flatten(list(string_split(p_name, ' '))))) <> 92
        """)]
    [InlineData("segments", "SELECT 1 FROM customer HAVING count(DISTINCT c_mktsegment) <> 5")]
    [InlineData("priorities", "SELECT 1 FROM orders HAVING count(DISTINCT o_orderpriority) <> 5")]
    [InlineData("modes and instructions", "SELECT 1 FROM lineitem HAVING count(DISTINCT l_shipmode) <> 7 OR count(DISTINCT l_shipinstruct) <> 4")]
    [InlineData("regions of nations", "SELECT 1 FROM nation GROUP BY n_regionkey HAVING count(*) <> 5")]
    public async Task Rows_KeepTheRule(string rule, string sql)
    {
        var broken = await files.ValueAsync($"SELECT count(*) FROM ({(sql.StartsWith("FROM", StringComparison.Ordinal) ? "SELECT 1 " : "")}{sql})", Token);

        Assert.True(broken is 0L, $"{rule}: {broken} rows break it.");
    }

    [Theory]
    [InlineData("lineitem", "l_comment", 10, 43)]
    [InlineData("orders", "o_comment", 19, 78)]
    [InlineData("customer", "c_comment", 29, 116)]
    [InlineData("part", "p_comment", 5, 22)]
    [InlineData("partsupp", "ps_comment", 49, 198)]
    [InlineData("supplier", "s_comment", 25, 100)]
    [InlineData("customer", "c_address", 10, 40)]
    public async Task Text_IsAsLongAsTheSpecificationSays(string table, string column, int least, int most)
    {
        var row = Assert.Single(await files.RowsAsync($"SELECT min(length({column})), max(length({column})), avg(length({column})) FROM {table}", Token));

        Assert.InRange(Assert.IsType<long>(row[0]), least, least + (most - least) / 5);
        Assert.InRange(Assert.IsType<long>(row[1]), most - (most - least) / 5, most);
        var middle = (least + most) / 2.0;
        Assert.InRange(Assert.IsType<double>(row[2]), middle * 0.9, middle * 1.1);
    }

    /// <summary>Uniform values: the rarest and the commonest of them are within some deviations of the mean of as many throws of a die.</summary>
    [Theory]
    [InlineData("lineitem", "l_quantity")]
    [InlineData("lineitem", "l_discount")]
    [InlineData("lineitem", "l_tax")]
    [InlineData("lineitem", "l_shipmode")]
    [InlineData("lineitem", "l_shipinstruct")]
    [InlineData("lineitem", "l_shipdate - (SELECT o_orderdate FROM orders WHERE o_orderkey = l_orderkey)")]
    [InlineData("lineitem", "l_receiptdate - l_shipdate")]
    [InlineData("lineitem", "l_suppkey")]
    [InlineData("orders", "o_orderpriority")]
    [InlineData("orders", "o_clerk")]
    [InlineData("orders", "o_custkey")]
    [InlineData("orders", "year(o_orderdate + 152)", "BETWEEN 1993 AND 1998")]
    [InlineData("customer", "c_mktsegment")]
    [InlineData("customer", "c_nationkey")]
    [InlineData("part", "p_size")]
    [InlineData("part", "p_brand")]
    [InlineData("part", "p_container")]
    [InlineData("partsupp", "ps_suppkey")]
    public async Task Values_AreUniform(string table, string value, string? condition = null)
    {
        var where = condition is null ? "" : $"WHERE {value} {condition}";
        var row = Assert.Single(await files.RowsAsync(
            $"SELECT min(n), max(n), avg(n) FROM (SELECT {value} AS v, count(*) AS n FROM {table} {where} GROUP BY ALL)", Token));
        var mean = Assert.IsType<double>(row[2]);

        Assert.InRange((long)row[0]!, mean - 5 * Math.Sqrt(mean), mean);
        Assert.InRange((long)row[1]!, mean, mean + 5 * Math.Sqrt(mean));
    }

    [Fact]
    public async Task Lines_AreFourAnOrder()
    {
        var perOrder = Assert.IsType<double>(await files.ValueAsync("SELECT count(*) / (SELECT count(*) FROM orders) FROM lineitem", Token));

        Assert.InRange(perOrder, 3.95, 4.05);
    }

    [Fact]
    public async Task Customers_WithoutOrders_AreAThird()
    {
        var without = await files.ValueAsync("SELECT count(*) FROM customer ANTI JOIN orders ON c_custkey = o_custkey", Token);

        Assert.Equal(500L, without);
    }

    [Fact]
    public async Task Suppliers_WithComplaintsAndRecommendations_AreThere()
    {
        Assert.Equal(1L, await files.ValueAsync("SELECT count(*) FROM supplier WHERE s_comment LIKE '%Customer%Complaints%'", Token));
        Assert.Equal(1L, await files.ValueAsync("SELECT count(*) FROM supplier WHERE s_comment LIKE '%Customer%Recommends%'", Token));
    }

    /// <summary>Query 13 leaves such orders out: the words must be there together, and not in every second order.</summary>
    [Theory]
    [InlineData("special", "requests")]
    [InlineData("pending", "packages")]
    [InlineData("unusual", "accounts")]
    [InlineData("express", "deposits")]
    public async Task Comments_HoldThePhrasesOfQuery13(string first, string second)
    {
        var share = Assert.IsType<double>(await files.ValueAsync(
            $"SELECT count(*) FILTER (o_comment LIKE '%{first}%{second}%') / count(*) FROM orders", Token));

        Assert.InRange(share, 0.002, 0.03);
    }
}
