using OrleansFlow.Tasks;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workflows;

/// <summary>How the index reaches the runs: a seam, so that the index can be tested without them.</summary>
internal interface IWorkflowWaker
{
    /// <summary>Wakes a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="isLost">True: it may have been lost with its silo. False: its time has come.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task WakeAsync(RunId run, bool isLost, CancellationToken cancellationToken);
}

/// <summary>Calls the runs' grains.</summary>
internal sealed class GrainWaker(IGrainFactory grains) : IWorkflowWaker
{
    public Task WakeAsync(RunId run, bool isLost, CancellationToken cancellationToken) => isLost
        ? grains.GetGrain<IWorkflowRunGrain>(run.Value).RecoverAsync(cancellationToken)
        : grains.GetGrain<IWorkflowRunGrain>(run.Value).WakeAsync(cancellationToken);
}
