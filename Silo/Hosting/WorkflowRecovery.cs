using Microsoft.Extensions.Logging;
using OrleansFlow.Workflows;

namespace OrleansFlow.Silo.Hosting;

/// <summary>
/// Activates every shard of the index of workflow runs when the silo starts: each wakes its runs that were lost and those whose time has come. Its
/// reminder would, too, up to a minute later.
/// </summary>
internal sealed partial class WorkflowRecovery(IGrainFactory grains, ILogger<WorkflowRecovery> logger) : IStartupTask
{
    /// <inheritdoc/>
    public async Task Execute(CancellationToken cancellationToken)
    {
        var woken = await Task.WhenAll(WorkflowShards.Keys.Select(shard => StartAsync(shard, cancellationToken)));
        var runs = woken.Sum();
        LogWoken(runs);
    }

    private async Task<int> StartAsync(string shard, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.GetGrain<IWorkflowIndexGrain>(shard).StartAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // One shard that cannot be read must not keep the others from going on.
            LogNotStarted(exception, shard);
            return 0;
        }
    }

    [LoggerMessage(EventId = 6013, Level = LogLevel.Information, Message = "{RunCount} workflow runs that were live or due are being woken")]
    private partial void LogWoken(int runCount);

    [LoggerMessage(EventId = 6014, Level = LogLevel.Error, Message = "Shard {Shard} of the index of workflow runs could not be read; its runs sleep until its reminder comes")]
    private partial void LogNotStarted(Exception exception, string shard);
}
