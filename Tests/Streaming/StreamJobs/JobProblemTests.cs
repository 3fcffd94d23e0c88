using System.ComponentModel.DataAnnotations.Schema;
using OrleansFlow.StreamJobs;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>What would mean something else in SQL than in C#, or would get into its text, is a problem and not a surprise.</summary>
public sealed class JobProblemTests
{
    private static readonly HashSet<string> AnyCase = new(StringComparer.OrdinalIgnoreCase) { "a" };
    private static readonly SortedSet<string> Sorted = ["a"];
    private static readonly string[] Names = ["a"];

    private static readonly Dictionary<string, Func<JobRows<LifeEvent>, JobRows<LifeEvent>>> Filters = new()
    {
        ["a weekday in a text"] = rows => rows.Where(r => "on " + r.Ts.DayOfWeek == "on Monday"),
        ["a set that knows no case"] = rows => rows.Where(r => AnyCase.Contains(r.Name!)),
        ["a set that is sorted"] = rows => rows.Where(r => Sorted.Contains(r.Name!)),
        ["a comparer"] = rows => rows.Where(r => Names.Contains(r.Name!, StringComparer.OrdinalIgnoreCase)),
    };

    public static TheoryData<string> FilterNames => [.. Filters.Keys];

    [Theory]
    [MemberData(nameof(FilterNames))]
    public void ExpressionThatSqlWouldReadInAnotherWay_IsRefused(string name) =>
        Assert.Equal(["unsupported_expression"], Problems(rows => Filters[name](rows).SinkTo("o", JobConnector.Blackhole())));

    [Theory]
    [InlineData("totals\n")]
    [InlineData("a;b")]
    public void NameWithALineOrASign_IsRefused(string name) => Assert.Equal(["bad_name"], Problems(rows => rows.Where(r => r.K > 0).Named(name).SinkTo("o", JobConnector.Blackhole())));

    [Theory]
    [InlineData("rating@1\n")]
    [InlineData("rating'@1")]
    public void FunctionWithALineOrAQuote_IsRefused(string function) =>
        Assert.Equal(["bad_name"], Problems(rows => rows.Map<Plain>(function).SinkTo("o", JobConnector.Blackhole())));

    [Fact]
    public void KeyColumnWithAComma_IsRefused_AsItWouldBeTwo() =>
        Assert.Equal(["bad_key"], Problems(rows => rows.Select(r => new WithComma(r.K ?? 0)).KeyBy(r => r.Key).Process<Plain>("p").SinkTo("o", JobConnector.Blackhole())));

    [Fact]
    public void SqlTypeThatIsNone_IsRefused_AndGetsIntoNoText() =>
        Assert.Equal(["unsupported_type"], Problems(rows => rows.Select(r => new WithType(r.K ?? 0)).SinkTo("o", JobConnector.Blackhole())));

    [Fact]
    public void MemberThatIsNotSet_IsWhatCSharpMakesOfIt()
    {
        var job = new StreamJob();
        job.Source<LifeEvent>("e", new JobConnector("events")).Select(r => new Unset { K = r.K ?? 0 }).SinkTo("o", JobConnector.Blackhole());

        var text = job.ToSql();

        Assert.Contains("CAST(CAST(0 AS INTEGER) AS INTEGER) AS \"Count\"", text, StringComparison.Ordinal);
        Assert.Contains("CAST(NULL AS VARCHAR) AS \"Name\"", text, StringComparison.Ordinal);
        Assert.Contains("CAST(NULL AS BIGINT) AS \"Maybe\"", text, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Problems(Action<JobRows<LifeEvent>> build)
    {
        var job = new StreamJob();
        build(job.Source<LifeEvent>("e", new JobConnector("events")));
        return job.Validate().Select(problem => problem.Code);
    }

    private sealed record Plain(long K);

    private sealed record WithComma([property: Column("a,b")] long Key);

    private sealed record WithType([property: Column(TypeName = "BIGINT); DROP TABLE x; --")] long Key);

    private sealed class Unset
    {
        public long K { get; set; }

        public int Count { get; set; }

        public string? Name { get; set; }

        public long? Maybe { get; set; }
    }
}
