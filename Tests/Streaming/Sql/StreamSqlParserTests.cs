using OrleansFlow.Errors;
using OrleansFlow.Streaming.Sql.Statements;

namespace OrleansFlow.Tests.Streaming.Sql;

/// <summary>Goal: the statements of a streaming text are found, with their parts as the engine reads them, and mistakes are told by line and column.</summary>
public sealed class StreamSqlParserTests
{
    [Fact]
    public void Table_WithEveryKindOfColumn_IsReadWhole()
    {
        var table = Assert.IsType<CreateTableStatement>(Assert.Single(StreamSqlParser.Parse("""
            CREATE TABLE cars (
              "Id" BIGINT UNSIGNED NOT NULL PRIMARY KEY,   -- the driver
              at TIMESTAMP NOT NULL,
              price DECIMAL(10, 2),
              tags TEXT[],
              place STRUCT<lat DOUBLE, names TEXT[]>,
              topic TEXT METADATA FROM 'topic',
              day TIMESTAMP GENERATED ALWAYS AS (date_trunc('day', at)) STORED,
              WATERMARK FOR at AS (at - INTERVAL '5 seconds')
            ) WITH (connector = 'kafka', 'Value.Format' = 'json', max.size = 10) PARTITIONED BY (bucket(16, "Id"), day)
            """)));

        Assert.Equal("cars", table.Name);
        Assert.False(table.IsTemporary);
        Assert.Equal(["Id", "at", "price", "tags", "place", "topic", "day"], table.Columns.Select(column => column.Name));
        Assert.Equal(["UBIGINT", "TIMESTAMP", "DECIMAL(10, 2)", "TEXT[]", "STRUCT(lat DOUBLE, names TEXT[])", "TEXT", "TIMESTAMP"], table.Columns.Select(column => column.Type));
        Assert.Equal([false, false, true, true, true, true, true], table.Columns.Select(column => column.IsNullable));
        Assert.Equal("topic", table.Columns[5].MetadataKey);
        Assert.Equal("date_trunc('day', at)", table.Columns[6].Generated?.Text);
        Assert.Equal(["Id"], table.PrimaryKey);
        Assert.Equal("at", table.Watermark?.Column);
        Assert.Equal("(at - INTERVAL '5 seconds')", table.Watermark?.Expression?.Text);
        Assert.Equal("kafka", table.Options["connector"]);
        Assert.Equal("json", table.Options["value.format"]);
        Assert.Equal("10", table.Options["max.size"]);
        Assert.Equal(["bucket(16, \"Id\")", "day"], table.PartitionedBy.Select(part => part.Text));
        Assert.Null(table.Query);
    }

    [Fact]
    public void Text_OfSeveralStatements_IsReadInOrder()
    {
        var statements = StreamSqlParser.Parse("""
            ;; SET updating_ttl = INTERVAL '5 minutes';
            CREATE TEMPORARY TABLE users (id INT PRIMARY KEY) WITH (connector = 'redis');
            CREATE TABLE memory AS SELECT 1 AS a;
            CREATE VIEW busy AS SELECT * FROM t WHERE note <> 'a;b' -- ; not here
            ;
            INSERT INTO sink SELECT * FROM busy;
            INSERT INTO sink (a, "B") (SELECT 1, 2);
            WITH x AS (SELECT 1) SELECT * FROM x
            """);

        Assert.Collection(
            statements,
            one => Assert.Equal(("updating_ttl", "INTERVAL '5 minutes'"), (((SetStatement)one).Name, ((SetStatement)one).Value)),
            one => Assert.True(one is CreateTableStatement { IsTemporary: true, Name: "users", PrimaryKey: ["id"] }),
            one => Assert.Equal("SELECT 1 AS a", ((CreateTableStatement)one).Query?.Text),
            one => Assert.Equal("SELECT * FROM t WHERE note <> 'a;b'", ((CreateViewStatement)one).Query.Text),
            one => Assert.True(one is InsertStatement { Table: "sink", Columns: [] } insert && insert.Query.Text == "SELECT * FROM busy"),
            one => Assert.True(one is InsertStatement { Columns: ["a", "B"] } insert && insert.Query.Text == "(SELECT 1, 2)"),
            one => Assert.Equal("WITH x AS (SELECT 1) SELECT * FROM x", ((SelectStatement)one).Query.Text));
    }

    [Fact]
    public void Insert_OfAQueryInParentheses_HasNoColumns() =>
        Assert.Empty(Assert.IsType<InsertStatement>(Assert.Single(StreamSqlParser.Parse("insert into t (select 1)"))).Columns);

    [Fact]
    public void Insert_WithOptions_IsToldFromAQueryThatBeginsWithWith()
    {
        var statements = StreamSqlParser.Parse("INSERT INTO t (a) WITH (LATE_ROWS_TO = 'late') WITH x AS (SELECT 1) SELECT * FROM x; INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x").Cast<InsertStatement>().ToList();

        Assert.Equal([new("late_rows_to", "late")], statements[0].Options);
        Assert.Equal(["a"], statements[0].Columns);
        Assert.Equal("WITH x AS (SELECT 1) SELECT * FROM x", statements[0].Query.Text);
        Assert.Empty(statements[1].Options);
        Assert.Equal(statements[0].Query.Text, statements[1].Query.Text);
    }

    [Fact]
    public void Query_KeepsItsPlaceInTheText()
    {
        const string Text = "-- first\ncreate view v as\n  select 1";

        var view = Assert.IsType<CreateViewStatement>(Assert.Single(StreamSqlParser.Parse(Text)));

        Assert.Equal(Text.IndexOf("select", StringComparison.Ordinal), view.Query.Start);
        Assert.Equal("select 1", Text.Substring(view.Query.Start, view.Query.Text.Length));
    }

    [Theory]
    [InlineData("select $$ a;b $$, $x$ ' $$ ; $x$", 1)]
    [InlineData("select 'it''s;'; select \"a;\"\"b\"", 2)]
    [InlineData("/* ; /* ; */ ; */ select 1; --;", 1)]
    [InlineData("", 0)]
    [InlineData("  ;  ; ", 0)]
    public void QuotesAndComments_HideSemicolons(string text, int count) => Assert.Equal(count, StreamSqlParser.Parse(text).Count);

    [Theory]
    [InlineData("create table t (a int) with (x = 'y'", "Line 1, column 37: ')' is wanted here, and not the end.")]
    [InlineData("create table t (\n  a int,\n  a text\n)", "Line 3, column 3: There is a column 'a' already.")]
    [InlineData("create table t (a int, watermark for b)", "Line 1, column 1: Table 't' has no column 'b'; it has: a.")]
    [InlineData("create table t (a int, primary key (b))", "Line 1, column 1: Table 't' has no column 'b'; it has: a.")]
    [InlineData("create table t (a int, watermark for a, watermark for a)", "Line 1, column 41: A table has one WATERMARK.")]
    [InlineData("create table t (a)", "Line 1, column 18: a type is wanted here, and not ')'.")]
    [InlineData("create table t (a int not null unique)", "Line 1, column 32: NOT NULL, PRIMARY KEY, GENERATED ALWAYS AS, METADATA FROM, ',' or ')' is wanted here, and not 'unique'.")]
    [InlineData("create table t (a text metadata from topic)", "Line 1, column 38: the connector's name of it in single quotes is wanted here, and not 'topic'.")]
    [InlineData("create table t with (a = 'b', A = 'c')", "Line 1, column 31: There is an option 'A' already.")]
    [InlineData("create index i", "Line 1, column 8: TABLE, VIEW or FUNCTION is wanted here, and not 'index'.")]
    [InlineData("drop table t", "Line 1, column 1: CREATE TABLE, CREATE VIEW, CREATE FUNCTION, INSERT INTO, SELECT or SET is wanted here, and not 'drop'.")]
    [InlineData("explain select 1", "Line 1, column 1: EXPLAIN is no statement of a streaming job. Leave the word out.")]
    [InlineData("insert into t", "Line 1, column 14: a query is wanted here, and not the end.")]
    [InlineData("select (1", "Line 1, column 1: A parenthesis in a query is not closed.")]
    [InlineData("select 1)", "Line 1, column 9: ';' is wanted here, and not ')'.")]
    [InlineData("select 'abc", "Line 1, column 8: A quote (') that begins here is not closed.")]
    [InlineData("select 1 /* and", "Line 1, column 10: A comment that begins here is not closed.")]
    [InlineData("select $a$ 1", "Line 1, column 8: A text that begins here with $a$ is not closed.")]
    [InlineData("set x", "Line 1, column 6: '=' is wanted here, and not the end.")]
    public void Mistake_IsToldByItsPlace(string text, string message)
    {
        var exception = Assert.Throws<FlowException>(() => StreamSqlParser.Parse(text));

        Assert.Equal(FlowErrorCode.BadInput, exception.Code);
        Assert.Equal(message, exception.Message);
    }

    [Fact]
    public void WordsBehindAType_ArePartOfIt_ForTheEngineToJudge() =>
        Assert.Equal("timestamp with time zone", Assert.IsType<CreateTableStatement>(StreamSqlParser.Parse("create table t (a timestamp with time zone)").Single()).Columns[0].Type);

    [Fact]
    public void AnyText_IsReadOrRefusedByItsPlace()
    {
        string[] pieces = ["create", "table", "t", "(", ")", ",", ";", "with", "'x'", "\"y\"", "=", "watermark", "for", "as", "select", "1", "$$", "--\n", "/*", "*/", "primary", "key", "[", "'", "insert", "into", "."];
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var text = string.Join(' ', Enumerable.Range(0, random.Next(1, 14)).Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                Assert.All(StreamSqlParser.Parse(text), statement => Assert.InRange(statement.Start, 0, text.Length));
            }
            catch (FlowException exception)
            {
                Assert.StartsWith("Line ", exception.Message, StringComparison.Ordinal);
            }
        }
    }
}
