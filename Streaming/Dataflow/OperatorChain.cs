using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What an element's tables held at a barrier, not written yet.</summary>
internal sealed record FrozenElement(string OperatorId, IStateSnapshot Snapshot, bool NeedsCommit);

/// <summary>The elements of a subtask, through which rows go in order. One call at a time.</summary>
internal sealed class OperatorChain(IReadOnlyList<ChainElement> elements, TimeProvider clock) : IAsyncDisposable
{
    private readonly long[] _lastTicks = new long[elements.Count];

    public ChainElement First => elements[0];

    /// <summary>The shortest interval of its elements; null when none ticks.</summary>
    public TimeSpan? TickInterval { get; private set; }

    public bool IsCommitting => elements.Any(element => element.IsCommitting);

    public IEnumerable<string> CommittingIds => elements.Where(element => element.IsCommitting).Select(element => element.Context.OperatorId);

    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < elements.Count; i++)
        {
            await elements[i].StartAsync(cancellationToken);
            _lastTicks[i] = clock.GetTimestamp();
            if (elements[i].Operator?.TickInterval is { } interval && (TickInterval is null || interval < TickInterval))
            {
                TickInterval = interval;
            }
        }
    }

    public async ValueTask TickAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < elements.Count; i++)
        {
            if (elements[i].Operator is { TickInterval: { } interval } one && clock.GetElapsedTime(_lastTicks[i]) >= interval)
            {
                _lastTicks[i] = clock.GetTimestamp();
                await one.OnTickAsync(elements[i].After, cancellationToken);
            }
        }
    }

    /// <summary>Each element in turn gives out what it holds, since no input follows.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        foreach (var element in elements)
        {
            if (element.Operator is { } one)
            {
                await one.OnEndAsync(element.After, cancellationToken);
            }
        }
    }

    /// <summary>Each element in turn gives out what belongs before the line, and is frozen.</summary>
    /// <returns>What is to be written; the caller disposes the snapshots.</returns>
    public async ValueTask<IReadOnlyList<FrozenElement>> FreezeAsync(
        CheckpointBarrier barrier, Func<string, long, CheckpointEventKind, ValueTask> tellAsync, CancellationToken cancellationToken)
    {
        var frozen = new List<FrozenElement>(elements.Count);
        try
        {
            foreach (var element in elements)
            {
                var id = element.Context.OperatorId;
                await tellAsync(id, barrier.Epoch, CheckpointEventKind.StartedCheckpointing);
                await element.Element.OnBarrierAsync(barrier, element.After, cancellationToken);
                await tellAsync(id, barrier.Epoch, CheckpointEventKind.FinishedOperatorSetup);
                var commitData = element.Operator?.CommitData ?? default;
                frozen.Add(new FrozenElement(id, element.State.Freeze(barrier.Epoch, element.WatermarkMicros, commitData), element.IsCommitting && !commitData.IsEmpty));
                await tellAsync(id, barrier.Epoch, CheckpointEventKind.FinishedSync);
            }

            return frozen;
        }
        catch
        {
            foreach (var one in frozen)
            {
                await one.Snapshot.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>The data is through and there are no checkpoints: sinks stage and commit at once.</summary>
    public async ValueTask CommitDirectlyAsync(CheckpointBarrier barrier, CancellationToken cancellationToken)
    {
        foreach (var element in elements)
        {
            await element.Element.OnBarrierAsync(barrier, element.After, cancellationToken);
            if (element.IsCommitting)
            {
                await element.Operator!.CommitAsync(barrier.Epoch, element.Operator.CommitData, cancellationToken);
            }
        }
    }

    public ValueTask CommitAsync(string operatorId, long epoch, ReadOnlyMemory<byte> commitData, CancellationToken cancellationToken) =>
        Find(operatorId).Operator!.CommitAsync(epoch, commitData, cancellationToken);

    public void Replace(string operatorId, IReadOnlyList<TableState> tables) => Find(operatorId).State.Replace(tables);

    public async ValueTask DisposeAsync()
    {
        foreach (var element in elements)
        {
            await element.Element.DisposeAsync();
            await element.State.DisposeAsync();
        }
    }

    private ChainElement Find(string operatorId) =>
        elements.FirstOrDefault(element => element.Context.OperatorId == operatorId)
        ?? throw new FlowException(FlowErrorCode.NotFound, $"The subtask has no operator '{operatorId}'.");
}
