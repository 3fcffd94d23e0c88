using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Testing;

/// <summary>The handler under test, with the faults of the test around it.</summary>
/// <typeparam name="THandler">The handler.</typeparam>
internal sealed class WatchedHandler<THandler>(IServiceProvider services, TestFaults faults) : RoleHandler, IAsyncDisposable
    where THandler : RoleHandler
{
    private readonly THandler _handler = ActivatorUtilities.CreateInstance<THandler>(services);
    private int _batch;

    public override bool ResumesAfterAccepted => _handler.ResumesAfterAccepted;

    public override bool AcceptsCheckpoint(TaskCheckpoint checkpoint) => _handler.AcceptsCheckpoint(checkpoint);

    public override ValueTask InitAsync(RunContext context, CancellationToken cancellationToken) => _handler.InitAsync(context, cancellationToken);

    public override ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken) => _handler.LoadInputAsync(context, cancellationToken);

    public override IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, CancellationToken cancellationToken) =>
        _handler.ReadBatchesAsync(context, cancellationToken);

    public override async ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        await faults.MeetAsync(context, _batch++);
        return await _handler.ProcessBatchAsync(context, batch, cancellationToken);
    }

    public override ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken) =>
        _handler.FinalizeAsync(context, cancellationToken);

    public override async ValueTask CleanupAsync(RunContext context)
    {
        faults.OnCleanup(context);
        await _handler.CleanupAsync(context);
    }

    public override InputProposal? ProposeInput(RunContext context) => _handler.ProposeInput(context);

    public override ErrorClass ClassifyError(Exception exception) => _handler.ClassifyError(exception);

    public async ValueTask DisposeAsync()
    {
        switch (_handler)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }
}
