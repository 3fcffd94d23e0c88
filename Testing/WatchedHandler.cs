using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Testing;

/// <summary>The handler under test, with the faults of the test around it. It keeps the clock still while it works.</summary>
/// <typeparam name="THandler">The handler.</typeparam>
internal sealed class WatchedHandler<THandler>(IServiceProvider services, TestFaults faults, WorkCount work) : RoleHandler, IAsyncDisposable
    where THandler : RoleHandler
{
    private readonly THandler _handler = ActivatorUtilities.CreateInstance<THandler>(services);
    private readonly HandlerHold _hold = new(work);
    private HandlerContext? _context;
    private int _batch;

    public override bool ResumesAfterAccepted => _handler.ResumesAfterAccepted;

    public override bool AcceptsCheckpoint(TaskCheckpoint checkpoint) => _handler.AcceptsCheckpoint(checkpoint);

    public override async ValueTask InitAsync(RunContext context, CancellationToken cancellationToken)
    {
        using var _ = _hold.Call();
        await _handler.InitAsync(Own(context), cancellationToken);
    }

    public override async ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        using var _ = _hold.Call();
        await _handler.LoadInputAsync(Own(context), cancellationToken);
    }

    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reading = _handler.ReadBatchesAsync(Own(context), cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(reading))
        {
            yield return reading.Current;
        }
    }

    public override async ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        await faults.MeetAsync(context, _batch++);
        using var _ = _hold.Call();
        return await _handler.ProcessBatchAsync(Own(context), batch, cancellationToken);
    }

    public override async ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken)
    {
        using var _ = _hold.Call();
        return await _handler.FinalizeAsync(Own(context), cancellationToken);
    }

    public override async ValueTask CleanupAsync(RunContext context)
    {
        faults.OnCleanup(context);
        using var _ = _hold.Call();
        await _handler.CleanupAsync(Own(context));
    }

    public override InputProposal? ProposeInput(RunContext context) => _handler.ProposeInput(Own(context));

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

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<InputBatch> reading)
    {
        using var _ = _hold.Call();
        return await reading.MoveNextAsync();
    }

    private HandlerContext Own(RunContext context) => _context ??= new HandlerContext(context, _hold);
}
