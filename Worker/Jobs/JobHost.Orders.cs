using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Worker.Jobs;

/// <content>Orders for a job that runs here.</content>
internal sealed partial class JobHost
{
    /// <summary>Begins a checkpoint at the local sources, or has sinks commit; see <see cref="StreamEngine.CheckpointAsync(CheckpointRequest, CancellationToken)"/>.</summary>
    /// <exception cref="FlowException">The run is not here, or does not run (<see cref="FlowErrorCode.AlreadyEnded"/>); or its start named no place for checkpoints (<c>bad_input</c>).</exception>
    public async Task CheckpointAsync(CheckpointRequest request, CancellationToken cancellationToken)
    {
        var engine = await EngineOfAsync(request.Context, cancellationToken);
        if (TryFind(request.Context) is { KeepsState: false })
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Job '{request.Context.JobId}' takes no checkpoints: its start named no place for them (checkpoint_url).");
        }

        await engine.CheckpointAsync(request, cancellationToken);
    }

    /// <summary>Calls the barriers of an epoch off.</summary>
    /// <exception cref="FlowException">As of <see cref="CheckpointAsync"/>.</exception>
    public async Task GiveUpCheckpointAsync(GiveUpCheckpointRequest request, CancellationToken cancellationToken) =>
        await (await EngineOfAsync(request.Context, cancellationToken)).AbortCheckpointAsync(request.Epoch, cancellationToken);

    /// <summary>Tells each local sink that is named to commit.</summary>
    /// <exception cref="FlowException">As of <see cref="CheckpointAsync"/>; or <c>not_found</c>: an operator is none, or commits nothing.</exception>
    public async Task CommitAsync(CommitRequest request, CancellationToken cancellationToken) =>
        await (await EngineOfAsync(request.Context, cancellationToken)).CommitAsync(request, cancellationToken);

    /// <summary>Compacted files take the place of older ones.</summary>
    /// <exception cref="FlowException">As of <see cref="CheckpointAsync"/>; or <c>not_found</c>: there is no such operator.</exception>
    public async Task LoadCompactedDataAsync(LoadCompactedDataRequest request, CancellationToken cancellationToken) =>
        await (await EngineOfAsync(request.Context, cancellationToken)).LoadCompactedDataAsync(request, cancellationToken);

    /// <summary>Ends the job here: its sources only, or everything at once.</summary>
    /// <exception cref="FlowException">As of <see cref="CheckpointAsync"/>; or <c>bad_input</c>: no mode.</exception>
    public async Task StopAsync(StopExecutionRequest request, CancellationToken cancellationToken) =>
        await (await EngineOfAsync(request.Context, cancellationToken)).StopAsync(request.Mode, cancellationToken);

    private async Task<StreamEngine> EngineOfAsync(JobContext? context, CancellationToken cancellationToken) =>
        await (TryFind(Check(context)) ?? throw NotHere(context!)).EngineAsync(cancellationToken);
}
