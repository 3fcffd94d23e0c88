using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Statistics;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Tests.Sql;

/// <summary>Sizes that are guessed of plans, over two tables as a star schema has them: 10,000 facts that each name one of 100 things of 5 kinds.</summary>
public sealed class EstimateTests
{
    private static readonly Dictionary<string, TableDescription> Tables = new(StringComparer.Ordinal)
    {
        ["facts"] = Table(10_000, ("id", "BIGINT", new ColumnStatistics(1, 10_000, 0, null)), ("thing", "BIGINT", new ColumnStatistics(1, 100, 0, null)), ("text", "VARCHAR", null)),
        ["things"] = Table(100, ("id", "BIGINT", new ColumnStatistics(1, 100, 0, null)), ("kind", "VARCHAR", new ColumnStatistics(null, null, 0, 5))),
    };

    private static readonly ScanNode Facts = new("facts", ["id", "thing", "text"], [SqlType.BigInt, SqlType.BigInt, SqlType.Varchar]);
    private static readonly ScanNode Things = new("things", ["id", "kind"], [SqlType.BigInt, SqlType.Varchar]);
    private static readonly FilterNode OneKind = new(
        Things, [new ComparisonExpression(ComparisonKind.Equal, Things.References()[1], new ConstantExpression("CAST('a' AS VARCHAR)", false, SqlType.Varchar))]);

    [Fact]
    public void Join_OfAReferenceWithItsKey_HasOneRowForEachReference() => Assert.Equal(10_000, Rows(Join(JoinKind.Inner, Things)));

    [Fact]
    public void Join_WithAPartOfTheKeys_HasThatPartOfTheRows() => Assert.Equal(2_000, Rows(Join(JoinKind.Inner, OneKind)));

    [Fact]
    public void SemiJoin_KeepsTheShareOfValues_ThatTheOtherSideHas() => Assert.Equal(2_000, Rows(Join(JoinKind.Semi, OneKind)));

    [Fact]
    public void AntiJoin_KeepsTheOthers() => Assert.Equal(8_000, Rows(Join(JoinKind.Anti, OneKind)));

    [Fact]
    public void LeftJoin_HasEveryLeftRow() => Assert.Equal(10_000, Rows(Join(JoinKind.Left, OneKind)));

    [Fact]
    public void Groups_AreTheValuesOfTheirColumns_FollowedThroughJoins()
    {
        var join = Join(JoinKind.Inner, Things);
        Assert.Equal(5, Rows(AggregateNode.Plain(join, [join.References()[4]], [])));
        Assert.Equal(500, Rows(AggregateNode.Plain(join, [join.References()[1], join.References()[4]], [])));
    }

    [Fact]
    public void Groups_AreNeverMoreThanTheRows() =>
        Assert.Equal(10_000, Rows(AggregateNode.Plain(Facts, [Facts.References()[0], Facts.References()[1]], [])));

    [Fact]
    public void Groups_OfAColumnOfWhichNothingIsKnown_AreATenthOfTheRows() => Assert.Equal(1_000, Rows(AggregateNode.Plain(Facts, [Facts.References()[2]], [])));

    [Fact]
    public void Groups_OfAFixedColumn_AreOne() => Assert.Equal(1, Rows(AggregateNode.Plain(OneKind, [OneKind.References()[1]], [])));

    [Fact]
    public void SharedResult_HasTheRowsOfItsDefinition()
    {
        var read = new CteReferenceNode(7, OneKind.Types);
        Assert.Equal(20, Rows(new CteNode(7, OneKind, read)));
    }

    [Fact]
    public void Filter_ThatSaysWhatIsNotWanted_KeepsMost()
    {
        var unlike = new FunctionExpression("!~~", [Facts.References()[2], new ConstantExpression("'%a%'", false, SqlType.Varchar)], SqlType.Boolean);
        Assert.Equal(9_000, Rows(new FilterNode(Facts, [unlike])));
    }

    [Fact]
    public void Filter_OfManyUnknownConditions_KeepsAHundredth()
    {
        var equal = new ComparisonExpression(ComparisonKind.Equal, Facts.References()[2], Facts.References()[2]);
        Assert.Equal(100, Rows(new FilterNode(Facts, [equal, equal, equal, equal, equal])));
    }

    private static JoinNode Join(JoinKind kind, PlanNode right) =>
        new(kind, Facts, right, [new JoinCondition(Facts.References()[1], right.References()[0], ComparisonKind.Equal)]);

    private static long Rows(PlanNode node) => new SizeEstimator(table => Tables[table].RowCount, table => Tables[table]).Rows(node);

    private static TableDescription Table(long rowCount, params (string Name, string Type, ColumnStatistics? Known)[] columns) => new()
    {
        Columns = [.. columns.Select(column => new TableColumn(column.Name, column.Type))],
        RowCount = rowCount,
        Statistics = columns.Where(column => column.Known is not null).ToDictionary(column => column.Name, column => column.Known!, StringComparer.OrdinalIgnoreCase),
    };
}
