using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Graphs;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>What a silo stores must be read by every later one: the text is a contract.</summary>
public sealed class GraphRunRowTests
{
    private const string Document = """{"name":"x","nodes":[{"id":"a","role":"r","tasks":3},{"id":"b","role":"s","depends_on":["a"],"start_when":"first_batch"}]}""";

    private const string Stored = """
        {"document":"DOCUMENT","files":{"f":"/d/f.parquet"},"status":1,"submitted":"2026-01-01T00:00:00+00:00","started":"2026-01-01T00:00:00+00:00","version":12,
        "nodes":[
        {"status":1,"opened":true,"started":"2026-01-01T00:00:00+00:00","metrics":{"n":3},"tasks":[
        {"status":4,"attempt":1,"epoch":1,"worker":"w","batches":[{"e":1,"r":5,"b":50,"p":"r/a/0/0.e1.arrow"}],"reported":1,"result":"{}"},
        {"status":3,"attempt":1,"epoch":1,"worker":"w","ready":"2026-01-01T00:00:01+00:00","retries":1,"reported":1,"failure":{"reason":"oops","permanent":false,"message":"no"}},
        {"status":2,"attempt":1,"epoch":1,"worker":"w","lease":{"session":"s","granted":"2026-01-01T00:00:00+00:00","expires":"2026-01-01T00:01:00+00:00"},"batches":[{"e":1,"r":7,"b":70,"p":"r/a/2/0.e1.arrow","s":1}]}]},
        {"status":0,"opened":true,"tasks":[{"status":1,"ready":"2026-01-01T00:00:00+00:00"}]}]}
        """;

    private static readonly string Expected = Stored.ReplaceLineEndings("").Replace("DOCUMENT", JsonEncodedText.Encode(Document).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Row_OfAKnownRun_IsTheKnownText()
    {
        var submission = new RunSubmission { DocumentJson = Document, Files = new Dictionary<string, string> { ["f"] = "/d/f.parquet" } };

        Assert.Equal(Expected, JsonSerializer.Serialize(GraphRunRow.Of(Example(), submission, settled: false), GraphRunJson.Default.GraphRunRow));
    }

    [Fact]
    public void Row_ReadBack_IsTheSameRun()
    {
        var row = JsonSerializer.Deserialize(Expected, GraphRunJson.Default.GraphRunRow)!;
        var (read, original) = (row.ToState(new RunId("r")), Example());

        Assert.Equal(Expected, JsonSerializer.Serialize(GraphRunRow.Of(read, row.ToSubmission(), settled: false), GraphRunJson.Default.GraphRunRow));
        Assert.Equal(original.Active, read.Active);
        Assert.Equal((original.Version, original.AcceptedCount, original.Nodes[0].Rows, original.Nodes[0].Bytes), (read.Version, read.AcceptedCount, read.Nodes[0].Rows, read.Nodes[0].Bytes));
        Assert.Equal(original.Nodes[0].Accepted, read.Nodes[0].Accepted);
        Assert.Equal(1, read.Nodes[0].CompletedCount);
    }

    private static GraphRunState Example()
    {
        var state = GraphRunState.None;
        var metrics = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("n", 1.5)]);
        Do(new SubmitRun(new RunId("r"), GraphParser.Parse(Document).RequirePlan()));
        for (var index = 0; index < 3; index++)
        {
            Do(new LeaseTask(new TaskSlot(0, index), new GrantLease(new WorkerId("w"), "s")));
        }

        Do(new LeaseTask(new TaskSlot(0, 0), new AcceptBatch(1, 0, new AcceptedBatch(1, 5, 50, "r/a/0/0.e1.arrow"), metrics)));
        Do(new LeaseTask(new TaskSlot(0, 2), new AcceptBatch(1, 0, new AcceptedBatch(1, 7, 70, "r/a/2/0.e1.arrow"))));
        Do(new LeaseTask(new TaskSlot(0, 1), new FailAttempt(1, new LeaseFailure("oops", false, "no"))));
        Do(new LeaseTask(new TaskSlot(0, 0), new CompleteAttempt(1, 1, "{}", metrics)));
        return state;

        void Do(GraphRunCommand command)
        {
            var decision = GraphRunDecider.Decide(state, command, TimeSpan.FromSeconds(60), new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
            Assert.True(decision.IsAccepted);
            state = decision.State;
        }
    }
}
