using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Checkpoints;

/// <summary>Goal: a run that was stopped anywhere goes on where it was, and one that has ended says again how.</summary>
public sealed class CheckpointTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-checkpoints-");
    private readonly ManualTimeProvider _time = new();
    private readonly List<string> _steps = [];
    private string? _crashAt;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("first")]
    [InlineData("second")]
    [InlineData("last")]
    public async Task Crash_InAnyStep_LosesThatStepOnly(string step)
    {
        var store = new FileCheckpoints(_folder.FullName);
        _crashAt = step;
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await RunAsync(store));

        _crashAt = null;
        var result = await Chain().ResumeAsync(store, "r1", Options(), Token);

        Assert.Equal((4, 3L, 3L), (result.Output, result.Context.Value, result.StepCount));
        Assert.Equal(["first", "second", "last"], _steps);
    }

    [Fact]
    public async Task CompletedRun_ReturnsItsStoredOutput_WithoutAStep()
    {
        var store = new MemoryCheckpoints();
        await RunAsync(store);
        _steps.Clear();

        Assert.Equal(4, (await RunAsync(store, input: 100)).Output);
        Assert.Equal(4, (await Chain().ResumeAsync(store, "r1", Options(), Token)).Output);
        Assert.Empty(_steps);
    }

    [Fact]
    public async Task FirstStep_RunsAfterTheFirstSave()
    {
        var store = new MemoryCheckpoints();
        _crashAt = "first";
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await RunAsync(store));

        var run = await store.LoadAsync("r1", Token);

        Assert.Equal((WorkflowRunStatus.Running, "1"), (run!.Status, run.Items.Values.Single().Input.ToString()));
    }

    [Fact]
    public async Task Resume_OfARunThatWasNeverStarted_SaysSo()
    {
        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await Chain().ResumeAsync(new FileCheckpoints(_folder.FullName), "nobody", Options(), Token));

        Assert.Equal(FlowErrorCode.NotFound, thrown.Code);
        Assert.Contains("'nobody'", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_WithAnotherVersion_NamesBoth()
    {
        var store = new MemoryCheckpoints();
        await RunAsync(store);

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await Chain(version: 2).ResumeAsync(store, "r1", Options(), Token));

        Assert.Contains("began with version 1 of workflow 'chain'", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("this is version 2", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_WithANewerVersionThatSaysHow_Migrates()
    {
        var store = new MemoryCheckpoints();
        _crashAt = "second";
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await RunAsync(store));
        var flow = new Workflow<GrowCounter>("chain", version: 2).MigrateFrom(1, rules => rules.Move<int, string>("second", "other", value => $"input {value}"));
        flow.Start(flow.Node<int, string>("first", (_, _) => "never").To(flow.Node<string, string>("other", (value, scope) => $"{value} of {scope.RunId}").End()));

        var result = await flow.Build<int, string>().ResumeAsync(store, "r1", Options(), Token);

        Assert.Equal(("input 2 of r1", 1L), (result.Output, result.Context.Value));
    }

    [Fact]
    public void FolderThatCannotBeFlushed_IsAnErrorNamingIt()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var thrown = Assert.Throws<IOException>(() => FolderFlush.Flush(Path.Combine(_folder.FullName, "missing")));

        Assert.Contains("missing", thrown.Message, StringComparison.Ordinal);
        FolderFlush.Flush(_folder.FullName);
    }

    [Fact]
    public async Task RetryWait_SurvivesTheProcess()
    {
        var store = new MemoryCheckpoints();
        var calls = 0;
        var flow = new Workflow<NoContext>("flaky");
        flow.Start(flow.Node<int, int>("flaky", (value, _) => calls++ == 0 ? Transition.Abort<int>(new InvalidOperationException("once")) : value).Retry(StepRetryPolicy.Default).End());
        var definition = flow.Build<int, int>();
        using var stop = new CancellationTokenSource();
        var first = definition.RunWithCheckpointAsync(default, 5, store, "r1", Options(), stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        var second = definition.ResumeAsync(store, "r1", Options(), Token).AsTask();
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((5, 2), ((await second).Output, calls));
    }

    [Fact]
    public async Task FailedRun_FailsAgainWithTheSameWords()
    {
        var store = new MemoryCheckpoints();
        var flow = new Workflow<NoContext>("broken");
        flow.Start(flow.Node<int, int>("broken", (_, _) => Transition.Abort<int>(new InvalidOperationException("no"))).End());
        var definition = flow.Build<int, int>();

        var first = await Assert.ThrowsAsync<FlowException>(async () => await definition.RunWithCheckpointAsync(default, 5, store, "r1", Options(), Token));
        var again = await Assert.ThrowsAsync<FlowException>(async () => await definition.ResumeAsync(store, "r1", Options(), Token));

        Assert.Equal((FlowErrorCode.UnexpectedError, "Node 'broken' failed once: no"), (first.Code, first.Message));
        Assert.Equal((first.Code, first.Message), (again.Code, again.Message));
    }

    [Fact]
    public async Task SpoiledFile_IsReportedAsCorrupt()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "r1.run.json"), "{\"Workflow\":", Token);

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await new FileCheckpoints(_folder.FullName).LoadAsync("r1", Token));

        Assert.Equal(FlowErrorCode.StateCorrupt, thrown.Code);
    }

    private LocalRunOptions Options() => new() { Time = _time };

    private ValueTask<WorkflowResult<int, GrowCounter>> RunAsync(IWorkflowCheckpoints store, int input = 1)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        return Chain(stop: stop).RunWithCheckpointAsync(GrowCounter.Empty, input, store, "r1", Options(), stop.Token);
    }

    private WorkflowDefinition<int, int, GrowCounter> Chain(int version = 1, CancellationTokenSource? stop = null)
    {
        var flow = new Workflow<GrowCounter>("chain", version);
        var last = Step("last").End();
        flow.Start(Step("first").To(Step("second").To(last)));
        return flow.Build<int, int>();

        WorkflowNode<int, int, GrowCounter> Step(string name) => flow.Node<int, int>(name, (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer);
            if (_crashAt == name)
            {
                stop!.Cancel();
                stop.Token.ThrowIfCancellationRequested();
            }

            _steps.Add(name);
            return value + 1;
        });
    }
}
