using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Conformance;

/// <summary>What every source promises, whatever it reads. The tests of a connector derive from it and say what there is to read.</summary>
public abstract class SourceConformance : IAsyncLifetime
{
    private readonly MemoryStateBackend _state = new();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Rows of the source.</summary>
    protected abstract ArrowSchema Schema { get; }

    /// <summary>Rows that there are to read: many more than the queues of a job hold.</summary>
    protected abstract int RowCount { get; }

    /// <summary>Whether it waits for more behind the last row.</summary>
    protected virtual bool IsEndless => false;

    /// <summary>Subtasks of the run that goes on from a checkpoint.</summary>
    protected virtual uint ParallelismAfterwards => 1;

    /// <summary>Makes what is read, as the kind and config of the operator.</summary>
    protected abstract Task<ProgramOperator> PrepareAsync();

    /// <summary>What a row is told by, of its line.</summary>
    protected virtual string KeyOf(string line) => line;

    /// <summary>The operators of the job, but for the last one.</summary>
    protected virtual OperatorRegistry Operators() => new OperatorRegistry().AddKnown();

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual ValueTask DisposeAsync()
    {
        _state.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Source_StoppedAtACheckpoint_GoesOnThere_WithoutAGapOrADuplicate()
    {
        var source = await PrepareAsync();
        var first = new WatchedRows(RowCount / 4, holdsAtTarget: true);
        CheckpointManifest? checkpoint = null;
        await RunAsync(source, first, 1, null, async runner =>
        {
            await first.Reached;
            var taking = runner.CheckpointAsync(thenStop: true, Token);
            first.Release();
            checkpoint = await taking;
        }, null, Token);
        Assert.InRange(first.Lines.Count, RowCount / 4, RowCount - 1);
        var second = await ReadToTheEndAsync(source, checkpoint, RowCount - first.Lines.Count, ParallelismAfterwards);

        CheckEachRowOnce([.. first.Lines, .. second]);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Source_ThatBreaksOffBehindACheckpoint_GivesWhatIsBehindItAgain()
    {
        var source = await PrepareAsync();
        var first = new WatchedRows(RowCount / 4, holdsAtTarget: true, holdsBehindBarrier: true);
        CheckpointManifest? checkpoint = null;
        using var kill = new CancellationTokenSource();
        var killed = await Record.ExceptionAsync(() => RunAsync(
            source,
            first,
            1,
            null,
            async runner =>
            {
                await first.Reached;
                var taking = runner.CheckpointAsync(thenStop: false, Token);
                first.Release();
                checkpoint = await taking;
                await kill.CancelAsync();
            },
            null,
            kill.Token));
        Assert.IsAssignableFrom<OperationCanceledException>(killed);
        var counted = first.Lines[..first.AtBarrier!.Value];
        var second = await ReadToTheEndAsync(source, checkpoint, RowCount - counted.Count, ParallelismAfterwards);

        CheckEachRowOnce([.. counted, .. second]);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(StopMode.Graceful)]
    [InlineData(StopMode.Immediate)]
    public async Task Source_ToldToStop_Ends_AndIsNoFailure(StopMode mode)
    {
        var source = await PrepareAsync();
        var rows = new WatchedRows(RowCount / 4, holdsAtTarget: true);
        await RunAsync(source, rows, 1, null, async runner =>
        {
            await rows.Reached;
            await runner.StopAsync(mode, Token);
            rows.Release();
        }, null, Token);

        Assert.InRange(rows.Lines.Count, RowCount / 4, RowCount - 1);
        Assert.Equal(rows.Lines.Count, rows.Lines.Select(KeyOf).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Source_ThatIsCancelled_Ends()
    {
        var source = await PrepareAsync();
        var rows = new WatchedRows(IsEndless ? RowCount : RowCount / 4, holdsAtTarget: !IsEndless);
        using var cancel = new CancellationTokenSource();

        // An endless one waits for more by then.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            source,
            rows,
            1,
            null,
            async _ =>
            {
                await rows.Reached;
                await cancel.CancelAsync();
            },
            null,
            cancel.Token));
    }

    /// <summary>Where the last reading of an endless source was stopped.</summary>
    private protected CheckpointManifest? LastCheckpoint { get; private set; }

    /// <summary>Reads what there is, to its end.</summary>
    private protected async Task<List<string>> ReadToTheEndAsync(ProgramOperator source, CheckpointManifest? restored, int rowCount, uint parallelism = 1, List<string>? told = null)
    {
        var rows = new WatchedRows(rowCount);
        await RunAsync(source, rows, parallelism, restored, async runner =>
        {
            if (IsEndless && rowCount > 0)
            {
                await rows.Reached.WaitAsync(Token);
            }

            if (IsEndless)
            {
                LastCheckpoint = await runner.CheckpointAsync(thenStop: true, Token);
            }
        }, told, Token);
        return rows.Lines;
    }

    private void CheckEachRowOnce(IEnumerable<string> lines)
    {
        var keys = lines.Select(KeyOf).ToList();
        Assert.Equal(RowCount, keys.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(RowCount, keys.Count);
    }

    /// <summary>Runs a job while something else happens.</summary>
    private protected async Task RunAsync(
        ProgramOperator source, WatchedRows rows, uint parallelism, CheckpointManifest? restored, Func<LocalRunner, Task> meanwhile, List<string>? told, CancellationToken cancellationToken)
    {
        var program = Jobs.Of([Jobs.Node(1, parallelism, source), Jobs.Node(2, 1, Jobs.Op("k", "watched"))], Jobs.Edge(1, 2, EdgeKind.Shuffle));
        var setup = Jobs.Setup(program, Operators().Add("watched", _ => rows.Operator()), state: _state);
        await using var runner = new LocalRunner(setup with { Limits = new StreamEngineLimits { QueueRows = 64, SourceBatchRows = 32 } }, restored);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Token);
        var hearing = told is null ? Task.CompletedTask : HearAsync(runner.WatchAsync(Token), told);
        var run = runner.RunAsync(ends.Token);

        // What goes wrong in the job is told before what waits for it in vain.
        var doing = meanwhile(runner);
        if (await Task.WhenAny(run, doing) == run)
        {
            await run;
        }

        await doing;
        await run;
        await hearing;
    }

    private static async Task HearAsync(IAsyncEnumerable<WorkerEvent> events, List<string> told)
    {
        await foreach (var one in events)
        {
            if (one.NonfatalError is { } error)
            {
                told.Add(error.Message);
            }
        }
    }
}
