using System.Text;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Runs;

/// <summary>Goal: what is stored of a run is read as it was, and what is none is refused. That all events round-trip is part of every run's test (<see cref="RunFolds"/>).</summary>
public sealed class WorkflowEventJsonTests
{
    private static readonly StepOutcome Everything = new()
    {
        Delta = Payload.FromJson("""{"a":[1,"]"]}"""),
        Successors = [new ItemSeed(3, Payload.FromJson("{}")), new ItemSeed(0, default)],
        Outputs = [default, Payload.FromJson("\"ö\"")],
        DueUtc = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero).AddTicks(8),
        Signal = "\"quoted\"",
        Repeat = true,
        Saved = Payload.FromJson("1"),
        Result = Payload.FromJson("false"),
        Attributes = [new("set", "x"), new("removed", null)],
        Children = [new ChildOrder { Workflow = "w" }, new ChildOrder { Id = "c", Workflow = "w", Version = 2, Input = Payload.FromJson("1"), Context = Payload.FromJson("2"), Await = true, CancelWithParent = true }],
        ContinueAsNew = new NewRun(Payload.FromJson("5")),
        Fold = new ContextFold(7, Payload.FromJson("6")),
        DueIn = TimeSpan.FromSeconds(3),
    };

    [Fact]
    public void Outcome_RoundTrips()
    {
        var utf8 = Write(Everything);

        Assert.Equal(Encoding.UTF8.GetString(utf8), Encoding.UTF8.GetString(Write(StepOutcomeJson.Read(utf8))));
        var read = StepOutcomeJson.Read(utf8);
        Assert.Equal((Everything.DueUtc, Everything.DueIn, Everything.Signal, 2, null), (read.DueUtc, read.DueIn, read.Signal, read.Outputs.Length, read.Attributes[1].Value));
        Assert.Equal(Everything.Successors, read.Successors);
    }

    [Fact]
    public void Outcome_OfAStepThatDoesLittle_IsShort() => Assert.Equal(
        """{"delta":1,"next":[1,2]}""",
        Encoding.UTF8.GetString(Write(new StepOutcome { Delta = Payload.FromJson("1"), Successors = [new ItemSeed(1, Payload.FromJson("2"))] })));

    [Fact]
    public void Outcome_OfANewerWorker_IsReadWithoutWhatIsNew() =>
        Assert.Equal("s", StepOutcomeJson.Read("""{"novel":{"a":[1]},"signal":"s"}"""u8.ToArray()).Signal);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"next":5}""")]
    [InlineData("""{"next":["a",1]}""")]
    [InlineData("""{"due":"soon"}""")]
    [InlineData("""{"children":[{}]}""")]
    public void WhatIsNoOutcome_IsRefused(string text) =>
        Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => StepOutcomeJson.Read(Encoding.UTF8.GetBytes(text))).Code);

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""[{"t":"unheard"}]""")]
    [InlineData("""[{"t":"signal"}]""")]
    [InlineData("""[{"t":"step","i":1}]""")]
    [InlineData("""[{"t":"step","i":1,"o":[]}]""")]
    public void WhatIsNoRowOfEvents_IsCorrupt(string text) =>
        Assert.Equal(FlowErrorCode.StateCorrupt, Assert.Throws<FlowException>(() => WorkflowEventJson.Read(Encoding.UTF8.GetBytes(text))).Code);

    [Fact]
    public void Read_KeepsNothingOfTheRow()
    {
        var row = WorkflowEventJson.ToUtf8([new WorkflowRunEvent.Committed(1, 1, new StepOutcome { Delta = Payload.FromJson("\"kept\"") }), new WorkflowRunEvent.Signalled("s", Payload.FromJson("\"too\""), null)]);
        var events = WorkflowEventJson.Read(row);
        row.AsSpan().Clear();

        Assert.Equal("\"kept\"", ((WorkflowRunEvent.Committed)events[0]).Outcome.Delta.ToString());
        Assert.Equal("\"too\"", ((WorkflowRunEvent.Signalled)events[1]).Payload.ToString());
    }

    [Fact]
    public void RunOfAnotherDefinition_IsNotRead()
    {
        var run = RunScript.Of(RunFlows.Chain);
        var other = RunScript.Compile<int>(RunFlows.Loop);

        var error = Assert.Throws<FlowException>(() => WorkflowRunJson.ReadSnapshot(WorkflowRunJson.WriteSnapshot(run.State), other));
        Assert.Contains(other.Hash[..8], error.Message, StringComparison.Ordinal);
        Assert.Equal(FlowErrorCode.StateCorrupt, Assert.Throws<FlowException>(() => WorkflowRunDecider.ApplyAll(WorkflowRunState.None(other), run.Events)).Code);
        Assert.Equal(("flow", 1, run.State.Workflow.Hash), WorkflowRunJson.DefinitionOf(WorkflowRunJson.WriteSnapshot(run.State)));
    }

    [Fact]
    public void RetryPolicy_RoundTripsAsJson()
    {
        var policy = new StepRetryPolicy
        {
            MaxAttempts = 3, InitialBackoff = TimeSpan.FromTicks(7), MaxBackoff = TimeSpan.FromDays(1), Strategy = BackoffStrategy.Linear, FixedJitter = TimeSpan.FromTicks(9), JitterPercent = 12.5,
            RetryOn = FailureKinds.Timeout,
        };

        Assert.Equal(policy, JsonSerializer.Deserialize<StepRetryPolicy>(JsonSerializer.Serialize(policy)));
        var run = RunScript.With(RunFlows.Chain, start => start with { DefaultRetry = policy });
        Assert.Equal(policy, WorkflowRunJson.Read(WorkflowRunJson.Write(run.State)).DefaultRetry);
    }

    private static byte[] Write(StepOutcome outcome)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            StepOutcomeJson.Write(writer, outcome);
        }

        return stream.ToArray();
    }
}
