using OrleansFlow.Benchmarks.Queries.Comparing;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Queries;

/// <summary>When two results are the same.</summary>
public sealed class ResultComparerTests
{
    [Fact]
    public void Rows_InAnotherSequence_AreTheSameWithoutAnOrder() =>
        Assert.Null(ResultComparer.Compare(Of([1, "a"], [2, "b"]), Of([2, "b"], [1, "a"]), []));

    [Fact]
    public void Rows_InAnotherSequence_DifferWithAnOrder() =>
        Assert.Contains("row 0", ResultComparer.Compare(Of([1, "a"], [2, "b"]), Of([2, "b"], [1, "a"]), [0])!, StringComparison.Ordinal);

    [Fact]
    public void Rows_AlikeInWhatIsOrdered_MayStandInAnySequence() =>
        Assert.Null(ResultComparer.Compare(Of([1, "a"], [1, "b"]), Of([1, "b"], [1, "a"]), [0]));

    [Fact]
    public void Row_ThatComesOnceAndTwice_Differs()
    {
        var difference = ResultComparer.Compare(Of([1, "a"], [1, "a"], [2, "b"]), Of([1, "a"], [2, "b"], [2, "b"]), []);

        Assert.Contains("1 missing, 1 too many", difference!, StringComparison.Ordinal);
        Assert.Contains("missing  (1, 'a')", difference!, StringComparison.Ordinal);
        Assert.Contains("too many (2, 'b')", difference!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1L, true)]
    [InlineData(1, "1", false)]
    [InlineData(null, null, true)]
    [InlineData(null, "", false)]
    [InlineData(null, "NULL", false)]
    [InlineData(0.0, -0.0, true)]
    [InlineData(double.NaN, double.NaN, true)]
    [InlineData(1.0, 1.0000000001, false)]
    [InlineData(true, false, false)]
    public void Values_AreComparedByTheirMeaning(object? one, object? other, bool isSame) =>
        Assert.Equal(isSame, ResultComparer.Compare(Of([one, 0]), Of([other, 0]), []) is null);

    [Theory]
    [InlineData(1.0, 1.0000000001, true)]
    [InlineData(1.0, 1.00000001, false)]
    [InlineData(1e300, 1.0000000001e300, true)]
    [InlineData(0.0, 1e-300, false)]
    [InlineData(double.NaN, 1.0, false)]
    [InlineData(null, 1.0, false)]
    public void Floats_WithATolerance_MayDifferByIt(object? one, object? other, bool isSame)
    {
        Assert.Equal(isSame, ResultComparer.Compare(Of([one, 0]), Of([other, 0]), [], 1e-9) is null);
        Assert.Equal(isSame, ResultComparer.Compare(Of([one, 0]), Of([other, 0]), [0], 1e-9) is null);
    }

    [Fact]
    public void Floats_OfSeveralRows_FindTheirOwn()
    {
        var one = Of(["x", 1.0], ["x", 2.0], ["x", 3.0]);
        var other = Of(["x", 3.0000000001], ["x", 1.0], ["x", 1.9999999999]);

        Assert.Null(ResultComparer.Compare(one, other, [], 1e-9));
        Assert.NotNull(ResultComparer.Compare(one, Of(["x", 3.0], ["x", 1.0], ["x", 1.0]), [], 1e-9));
    }

    [Fact]
    public void Columns_OfOtherNames_Differ() =>
        Assert.Contains("Columns", ResultComparer.Compare(Of([1, 2]), new ResultTable(["a", "c"], [[1, 2]]), [])!, StringComparison.Ordinal);

    [Fact]
    public void TextThatLooksLikeTwoColumns_IsNotTwoColumns() =>
        Assert.NotNull(ResultComparer.Compare(Of(["a', 'b", "c"]), Of(["a", "b', 'c"]), []));

    [Fact]
    public async Task Run_WithAFailureAndADifference_ListsBothAndGoesOn()
    {
        QueryText[] queries = [Named("same"), Named("fails"), Named("differs"), Named("empty"), Named("unknown")];

        var report = await DifferentialRun.CompareAsync(
            queries,
            (query, _) => query.Name switch
            {
                "unknown" => throw new EngineException("a defect of the right engine", EngineErrorKind.Internal),
                "empty" => Task.FromResult(Of()),
                _ => Task.FromResult(Of([query.Name, 1])),
            },
            (query, _) => query.Name switch
            {
                "fails" => throw new InvalidOperationException("out of luck"),
                "differs" => Task.FromResult(Of([query.Name, 2])),
                "empty" => Task.FromResult(Of()),
                _ => Task.FromResult(Of([query.Name, 1])),
            },
            TestContext.Current.CancellationToken);

        Assert.Equal((5, 3), (report.Count, report.NonEmpty));
        Assert.Equal("unknown", Assert.Single(report.Unjudged).Query.Name);
        Assert.Equal(["fails", "differs"], report.Problems.Select(problem => problem.Query.Name));
        Assert.Contains("out of luck\nSELECT 'fails'", report.ToString(), StringComparison.Ordinal);
    }

    private static QueryText Named(string name) => new(name, $"SELECT '{name}'", [], 0);

    private static ResultTable Of(params object?[][] rows) => new(["a", "b"], rows);
}
