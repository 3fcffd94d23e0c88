using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Wakes every run that has not ended when the silo starts, so that it delivers what it owed when its silo was lost.</summary>
internal sealed partial class RunRecovery(IGrainFactory grains, ILogger<RunRecovery> logger) : IStartupTask
{
    private const int PageSize = 500;
    private const int SideBySide = 16;

    private static readonly RunStatus[] Unended = [RunStatus.Pending, RunStatus.Running, RunStatus.Cancelling, RunStatus.Paused, RunStatus.Compensating];

    /// <inheritdoc/>
    public async Task Execute(CancellationToken cancellationToken)
    {
        var woken = 0;
        await Parallel.ForEachAsync(
            ReadUnendedAsync(cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = cancellationToken },
            async (run, token) =>
            {
                try
                {
                    await grains.GetGrain<IGraphRunGrain>(run.Value).RecoverAsync(token);
                    Interlocked.Increment(ref woken);
                }
                catch (Exception exception) when (!token.IsCancellationRequested)
                {
                    // One run that cannot be read must not keep every other one from going on.
                    LogNotWoken(exception, run.Value);
                }
            });
        LogWoken(woken);
    }

    private async IAsyncEnumerable<RunId> ReadUnendedAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var shard = 0; shard < IRunCatalogGrain.ShardCount; shard++)
        {
            var catalog = grains.GetGrain<IRunCatalogGrain>(shard.ToString(CultureInfo.InvariantCulture));
            DateTimeOffset? beforeUtc = null;
            RunId beforeId = default;
            while (true)
            {
                var page = await catalog.ListAsync(PageSize, beforeUtc, beforeId, Unended, cancellationToken);
                foreach (var entry in page)
                {
                    yield return entry.Run.RunId;
                }

                if (page.Count < PageSize)
                {
                    break;
                }

                beforeUtc = page[^1].Run.SubmittedUtc;
                beforeId = page[^1].Run.RunId;
            }
        }
    }

    [LoggerMessage(EventId = 6011, Level = LogLevel.Information, Message = "{RunCount} runs that had not ended were woken")]
    private partial void LogWoken(int runCount);

    [LoggerMessage(EventId = 6012, Level = LogLevel.Error, Message = "Run {RunId} could not be woken; it stays as it was stored until it is asked for")]
    private partial void LogNotWoken(Exception exception, string runId);
}
