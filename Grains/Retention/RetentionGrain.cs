using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Decisions.Retention;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Graphs;
using OrleansFlow.Retention;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Retention;

/// <summary>The sweep: a thin shell around <see cref="RetentionBook"/>. Keeps nothing but its reminder; what it looks at are the listings.</summary>
internal sealed partial class RetentionGrain(IOptions<RetentionOptions> options, LeaseClock clock, ILogger<RetentionGrain> logger) : Grain, IRetentionGrain, IRemindable
{
    private const string ReminderName = "sweep";

    /// <summary>Runs of one shard that are asked for at once.</summary>
    private const int PageSize = 500;

    /// <summary>Standalone tasks that count as much as one run, in each partition.</summary>
    private const int TasksPerRun = 1_000 / TaskPartitions.Count;

    /// <summary>Tasks of one step: a partition does nothing else meanwhile.</summary>
    private const int TasksPerStep = 8_192;

    private readonly RetentionOptions _options = options.Value;

    public Task StartAsync(CancellationToken cancellationToken) =>
        this.RegisterOrUpdateReminder(ReminderName, _options.SweepInterval, _options.SweepInterval);

    public Task ReceiveReminder(string reminderName, TickStatus status) => SweepAsync(CancellationToken.None);

    public async Task<RetentionReport> SweepAsync(CancellationToken cancellationToken)
    {
        var nowUtc = clock.GetUtcNow();
        var (deleted, failed) = await SweepRunsAsync(OldestFirstAsync, ToEnded, TryDeleteAsync, nowUtc, cancellationToken);
        var workflows = await SweepRunsAsync(OldestWorkflowsFirstAsync, ToEnded, TryDeleteAsync, nowUtc, cancellationToken);
        (deleted, failed) = (deleted + workflows.Deleted, failed + workflows.Failed);
        var tasks = _options.TaskAge > TimeSpan.Zero ? await SweepTasksAsync(nowUtc - _options.TaskAge, cancellationToken) : 0;
        if (deleted + failed + tasks > 0)
        {
            LogSwept(deleted, tasks, failed);
        }

        return new RetentionReport(deleted, failed, tasks);
    }

    /// <summary>Deletes the runs of one kind that the rules choose. Each kind is counted for itself.</summary>
    private async Task<(int Deleted, int Failed)> SweepRunsAsync<TRun>(
        Func<CancellationToken, IAsyncEnumerable<TRun>> oldestFirst,
        Func<TRun, EndedRun> toEnded,
        Func<TRun, CancellationToken, Task<bool>> tryDelete,
        DateTimeOffset nowUtc,
        CancellationToken cancellationToken)
    {
        var (count, bytes) = (0L, 0L);
        if (RetentionBook.NeedsCount(_options))
        {
            await foreach (var run in oldestFirst(cancellationToken))
            {
                count++;
                bytes += toEnded(run).ArtifactBytes;
            }
        }

        var book = new RetentionBook(_options, nowUtc, count, bytes);
        var (deleted, failed) = (0, 0);
        await foreach (var run in oldestFirst(cancellationToken))
        {
            var ended = toEnded(run);
            if (book.IsDone(ended))
            {
                break;
            }

            if (book.Choose(ended))
            {
                _ = await tryDelete(run, cancellationToken) ? deleted++ : failed++;
            }
        }

        return (deleted, failed);
    }

    /// <summary>Standalone tasks that ended before a moment: each partition forgets whole rows of them.</summary>
    private async Task<long> SweepTasksAsync(DateTimeOffset endedBeforeUtc, CancellationToken cancellationToken)
    {
        var deleted = 0L;
        foreach (var key in TaskPartitions.Keys)
        {
            // In long: the largest option times this is more than an int holds. At least one row of tasks, however small the option.
            var left = Math.Max(_options.SweepMax * (long)TasksPerRun, TasksPerStep);
            while (left >= TasksPerStep)
            {
                try
                {
                    var swept = await GrainFactory.GetGrain<ITaskPartitionGrain>(key).SweepAsync(endedBeforeUtc, TasksPerStep, cancellationToken);
                    deleted += swept;
                    left = swept == 0 ? 0 : left - swept;
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                {
                    // One partition that cannot be swept must not keep the others.
                    LogNotSwept(exception, key);
                    left = 0;
                }
            }
        }

        return deleted;
    }

    private static EndedRun ToEnded(RunView run) => new(run.SubmittedUtc, run.EndedUtc ?? DateTimeOffset.MaxValue, run.ArtifactBytes);

    private async Task<bool> TryDeleteAsync(RunView run, CancellationToken cancellationToken)
    {
        try
        {
            await GrainFactory.GetGrain<IGraphRunGrain>(run.RunId.Value).DeleteAsync(cancellationToken);

            // A deletion that was cut off may have left its line.
            await GrainFactory.GetGrain<IRunCatalogGrain>(RunShards.KeyOf(run.RunId)).RemoveAsync(run.RunId, run.SubmittedUtc, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // One run that cannot be deleted must not keep every other one.
            LogNotDeleted(exception, run.RunId);
            return false;
        }
    }

    /// <summary>The ended runs of all shards, the one that was submitted first first.</summary>
    private IAsyncEnumerable<RunView> OldestFirstAsync(CancellationToken cancellationToken) => Shards.MergeAsync(
        Enumerable.Range(0, IRunCatalogGrain.ShardCount).Select(shard => ShardAsync(shard, cancellationToken)),
        static run => (run.SubmittedUtc, run.RunId.Value),
        cancellationToken);

    private async IAsyncEnumerable<RunView> ShardAsync(int shard, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var catalog = GrainFactory.GetGrain<IRunCatalogGrain>(shard.ToString(CultureInfo.InvariantCulture));
        RunView? last = null;
        while (true)
        {
            var page = await catalog.ListEndedAsync(PageSize, last?.SubmittedUtc, last?.RunId ?? default, cancellationToken);
            foreach (var entry in page)
            {
                yield return last = entry.Run;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }
        }
    }

    [LoggerMessage(EventId = 1051, Level = LogLevel.Information, Message = "Retention deleted {RunCount} runs and {TaskCount} standalone tasks; {FailedCount} runs could not be deleted and wait for the next sweep")]
    private partial void LogSwept(int runCount, long taskCount, int failedCount);

    [LoggerMessage(EventId = 1053, Level = LogLevel.Warning, Message = "Retention could not forget the old standalone tasks of partition {Partition}; the next sweep tries again")]
    private partial void LogNotSwept(Exception exception, string partition);

    [LoggerMessage(EventId = 1052, Level = LogLevel.Warning, Message = "Retention could not delete run {RunId}; the next sweep tries again")]
    private partial void LogNotDeleted(Exception exception, RunId runId);
}
