using OrleansFlow.Errors;
using OrleansFlow.StreamJobs;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Functions.Typed;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Tests.Streaming.Lives;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

public sealed class StreamJobTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void EveryProblem_IsToldAtOnce_WithItsCodeAndItsOperator()
    {
        var job = new StreamJob { StateTtl = TimeSpan.Zero };
        var e = job.Source<LifeEvent>("e", new JobConnector("events"), r => r.Ts.AddDays(1), TimeSpan.FromSeconds(-1));
        e.Where(r => r.Name!.Normalize() == "x").Named("1st").WithParallelism(0).SinkTo("o", JobConnector.Blackhole());
        e.KeyBy(r => r.K).Window(JobWindow.Hopping(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5))).Aggregate(g => new { g.Key, Count = g.Count() }).SinkTo("O", JobConnector.Blackhole());
        e.TopInWindow(0, r => r.K, r => r.N).AsyncMap<Scored>("no such name", new AsyncOptions { Timeout = TimeSpan.Zero });
        e.KeyBy(r => r.K + 1).Process<Scored>("p").SinkTo("q", JobConnector.Blackhole());
        e.Select(r => new { r.K, Uri = (Uri?)null }).SinkTo("u", JobConnector.Blackhole());
        e.Join(new StreamJob().Source<Part>("other", new JobConnector("events")), l => l.K, r => r.K, (l, r) => new { l.K }).SinkTo("j", JobConnector.Blackhole());

        var problems = job.Validate().Select(problem => problem.Code).Order(StringComparer.Ordinal);

        Assert.Equal(
            [
                "bad_key", "bad_name", "bad_name", "bad_setting", "bad_setting", "bad_setting", "bad_setting", "bad_setting", "bad_window", "duplicate_name", "no_sink", "not_windowed", "other_job",
                "unsupported_expression", "unsupported_expression", "unsupported_type",
            ],
            problems);
        var refused = Assert.Throws<FlowException>(job.ToSql);
        Assert.Equal(FlowErrorCode.BadInput, refused.Code);
        Assert.Contains("unsupported_expression at where (operator 2)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("r.Name.Normalize()", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Job_WithoutASink_IsRefused() => Assert.Equal(["no_sink"], new StreamJob().Validate().Select(problem => problem.Code));

    [Fact]
    public void EqualJobs_HaveEqualTexts_WithNamesAndSettings()
    {
        static string Text()
        {
            var job = new StreamJob { StateTtl = TimeSpan.FromHours(1) };
            var e = job.Source<Part>("e", new JobConnector("events") { ["it's"] = "a 'b'" });
            e.Where(r => r.N > 1).Named("kept").WithParallelism(3).SinkTo("o", JobConnector.Blackhole(), r => new { r.K, r.Name });
            return job.ToSql();
        }

        Assert.Equal(Text(), Text());
        Assert.Contains("SET parallelism = 3;", Text(), StringComparison.Ordinal);
        Assert.Contains("CREATE TABLE \"kept\" AS SELECT", Text(), StringComparison.Ordinal);
        Assert.Contains("PRIMARY KEY (\"K\", \"Name\")", Text(), StringComparison.Ordinal);
        Assert.Contains("'a ''b'''", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_HasTheNamesAndTheParallelismOfItsOperators()
    {
        var job = new StreamJob();
        BuilderLives.Events(job).KeyBy(r => r.K).Window(JobWindow.Tumbling(TimeSpan.FromMinutes(1))).Aggregate(g => new { g.Key, Count = g.Count() }).Named("per-minute").WithParallelism(5)
            .SinkTo("o", JobConnector.Blackhole()).WithParallelism(1);

        var program = await StreamPlanner.PlanAsync(job.ToSql(), new StreamPlanOptions { Parallelism = 2, Connectors = [.. KnownConnectors.All, new EventsConnector()] }, Token);

        var parallelism = program.Nodes.ToDictionary(node => node.Chain[0].Id, node => node.Parallelism);
        Assert.Equal((2u, 5u, 1u), (parallelism["e"], parallelism["per-minute-window"], program.Nodes.Single(node => node.Chain[0].Kind == BlackholeSink.Kind).Parallelism));
    }

    [Fact]
    public void Function_OfAnotherVersion_IsRefused_AndTheMessageSaysWhatIsThere()
    {
        var registry = new OperatorRegistry().AddScalarFunction("score@2", () => new ScoreFunction());

        var refused = Assert.Throws<FlowException>(() => registry.Create(new OperatorDefinition("map", "scalar:score@1", default, [], null)));

        Assert.Equal(FlowErrorCode.NoHandler, refused.Code);
        Assert.Contains("it has: scalar:score@2", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kind = 'magic', function = 'f'", FlowErrorCode.BadOption, "one of: aggregate, async, process, scalar, table")]
    [InlineData("function = 'f'", FlowErrorCode.BadOption, "the option kind is missing")]
    [InlineData("kind = 'scalar'", FlowErrorCode.BadOption, "needs the option function")]
    [InlineData("kind = 'process', function = 'f'", FlowErrorCode.BadOption, "needs the option key")]
    [InlineData("kind = 'scalar', function = 'f', key = 'k'", FlowErrorCode.BadOption, "has no key")]
    [InlineData("kind = 'process', function = 'f', key = 'z'", FlowErrorCode.BadOption, "the key 'z' is no column of the query that is inserted; they are: k, n.")]
    [InlineData("kind = 'async', function = 'f', in_flight = '0'", FlowErrorCode.BadOption, "whole number of at least 1")]
    [InlineData("kind = 'aggregate', function = 'f', key = 'k'", FlowErrorCode.BadOption, "needs the option window")]
    [InlineData("kind = 'aggregate', function = 'f', key = 'k', window = 'hop', width = '1 minute'", FlowErrorCode.BadOption, "the option slide is missing")]
    public async Task TableOfAFunction_WithAWrongOption_IsRefused(string options, FlowErrorCode code, string message)
    {
        var text = $"""
            CREATE TABLE e (k BIGINT, n INT, ts TIMESTAMP NOT NULL, WATERMARK FOR ts) WITH (connector = 'events');
            CREATE TABLE f (x BIGINT) WITH (connector = 'function', {options});
            INSERT INTO f SELECT k, n FROM e;
            SELECT * FROM f;
            """;

        var refused = await Assert.ThrowsAsync<FlowException>(() => StreamPlanner.PlanAsync(text, new StreamPlanOptions { Connectors = [new EventsConnector()] }, Token));

        Assert.Equal(code, refused.Code);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }
}
