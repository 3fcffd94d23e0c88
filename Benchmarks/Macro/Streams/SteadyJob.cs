using OrleansFlow.Engine;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Benchmarks.Macro.Streams;

/// <summary>
/// A job that counts by key in one long window, round after round of the same keys: its state is one row for each of them, all of which change. Its checkpoints are in a
/// folder; runs after one another go on from there.
/// </summary>
internal sealed class SteadyJob : IAsyncDisposable
{
    /// <summary>Bytes of the state of a key: the key, its count and its window, of 8 bytes each.</summary>
    public const long BytesPerKey = 24;

    private const string Job = "steady";
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(1);

    private readonly LocalObjectStore _store;
    private readonly LocalJob _job;
    private readonly Task _run;

    private SteadyJob(LocalObjectStore store, LocalJob job)
    {
        (_store, _job) = (store, job);
        _run = job.RunAsync(CancellationToken.None);
    }

    /// <summary>Rows that its source has sent since this start.</summary>
    public long SentCount => _job.Counters.Count == 0 ? 0 : _job.Counters.Max(one => one.MessagesSent);

    /// <summary>Whether rows came to the windows, which take their first one once their state is there. Nothing leaves them.</summary>
    public bool IsTaking => _job.Counters.Any(one => one.MessagesReceived > 0 && one.OperatorName.Contains("window", StringComparison.Ordinal));

    /// <summary>Bytes of state in the checkpoint that it began from; 0 for none.</summary>
    public long RestoredBytes => FilesOf(_job.Restored).Sum(file => (long)file.Bytes);

    /// <summary>Begins, or goes on.</summary>
    /// <param name="folder">Where its checkpoints are.</param>
    /// <param name="engine">Runs its texts.</param>
    /// <param name="keyCount">How many keys.</param>
    /// <param name="rowsPerSecond">Rows of the source; 0 for as many as are taken.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<SteadyJob> OpenAsync(string folder, EngineInstance engine, long keyCount, long rowsPerSecond, CancellationToken cancellationToken)
    {
        var text = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"CREATE TABLE numbers WITH (connector = 'impulse', event_rate = '{rowsPerSecond}', event_time_interval_ms = '1', start_time_micros = '0'); CREATE TABLE nothing WITH (connector = 'blackhole'); INSERT INTO nothing SELECT counter % {keyCount}, count(*) FROM numbers GROUP BY tumble(INTERVAL '10000 days'), counter % {keyCount}");
        var program = await StreamPlanner.PlanAsync(text, new StreamPlanOptions { Parallelism = 1 }, cancellationToken);
        var store = new LocalObjectStore(folder);
        var job = await LocalJob.OpenAsync(
            new LocalJobSetup { Program = program, Operators = new OperatorRegistry().AddKnown().AddSql(engine), Store = store, Job = Job, AcceptsChangedProgram = true, RetainedCheckpoints = 1, CompactedCheckpoints = 1_000 }, cancellationToken);
        return new SteadyJob(store, job);
    }

    /// <summary>Ends once so many rows were sent.</summary>
    public Task SentAsync(long count, CancellationToken cancellationToken) => UntilAsync(() => SentCount >= count, cancellationToken);

    /// <summary>Ends once the windows have their state back and have taken a row.</summary>
    public Task TakingAsync(CancellationToken cancellationToken) => UntilAsync(() => IsTaking, cancellationToken);

    /// <summary>Takes a checkpoint.</summary>
    /// <returns>Rows of state and bytes that it wrote.</returns>
    public async Task<(long Rows, long Bytes)> CheckpointAsync(CancellationToken cancellationToken)
    {
        var manifest = await _job.CheckpointAsync(thenStop: false, cancellationToken);
        var files = FilesOf(manifest).Where(file => file.Epoch == manifest.Epoch).ToList();
        return (files.Sum(file => file.Rows), files.Sum(file => (long)file.Bytes));
    }

    /// <summary>Ends as a crash does: without a checkpoint.</summary>
    public async ValueTask DisposeAsync()
    {
        await _job.DisposeAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _store.Dispose();
    }

    private async Task UntilAsync(Func<bool> isReached, CancellationToken cancellationToken)
    {
        while (!isReached())
        {
            if (_run.IsCompleted)
            {
                await _run;
            }

            await Task.Delay(LookEvery, TimeProvider.System, cancellationToken);
        }
    }

    private static IEnumerable<TableFile> FilesOf(CheckpointManifest? manifest) =>
        manifest is null ? [] : manifest.Operators.SelectMany(state => state.Tables).SelectMany(table => table.Files).DistinctBy(file => file.Path);
}
