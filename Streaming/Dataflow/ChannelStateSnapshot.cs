using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What the first operator of a subtask held, with the rows that a barrier overtook on their way to it.</summary>
/// <param name="inner">The operator's own.</param>
/// <param name="capture">The rows; owned from now on.</param>
/// <param name="plan">Whose they are.</param>
/// <param name="backend">Where they are written.</param>
/// <param name="place">The operator's place.</param>
/// <param name="metrics">Told how much it was.</param>
internal sealed class ChannelStateSnapshot(IStateSnapshot inner, ChannelCapture capture, SubtaskPlan plan, IStateBackend backend, SubtaskPlace place, SubtaskMetrics metrics) : IStateSnapshot
{
    public long Epoch => inner.Epoch;

    public async ValueTask<SubtaskState> WriteAsync(CancellationToken cancellationToken)
    {
        await capture.Completed.WaitAsync(cancellationToken);
        metrics.Captured(capture.ByteCount);
        if (capture.Messages.Count == 0)
        {
            return await inner.WriteAsync(cancellationToken);
        }

        await using var channels = backend.Open(place, null);
        var held = await ChannelStates.WriteAsync(channels, plan, capture, cancellationToken);

        // Last: the operator's next snapshot builds on this one once it is written.
        var state = await inner.WriteAsync(cancellationToken);
        state.Tables.Add(held.Tables);
        state.Bytes += held.Bytes;
        return state;
    }

    public async ValueTask DisposeAsync()
    {
        capture.Dispose();
        await inner.DisposeAsync();
    }
}
