using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>One outgoing edge of a subtask: rows to the subtask that they belong to, signals to all.</summary>
internal sealed class EdgeOutput
{
    private readonly ISubtaskChannel[] _channels;
    private readonly KeyRangePartitioner? _partitioner;
    private readonly ArrowAllocator _allocator;
    private int _turn;

    /// <summary>Makes an edge.</summary>
    /// <param name="edge">What kind it is.</param>
    /// <param name="subtaskIndex">The sender: senders begin their turns at different targets.</param>
    /// <param name="channels">In the order of the targets.</param>
    /// <param name="allocator">Memory for rows that are spread.</param>
    public EdgeOutput(ProgramEdge edge, int subtaskIndex, ISubtaskChannel[] channels, ArrowAllocator allocator)
    {
        _channels = channels;
        _allocator = allocator;
        _turn = subtaskIndex % channels.Length;
        if (edge.Kind != EdgeKind.Forward && edge.KeyColumns.Count > 0 && channels.Length > 1)
        {
            _partitioner = new KeyRangePartitioner(channels.Length, CollectionsMarshal.AsSpan(edge.KeyColumns.Select(column => checked((int)column)).ToList()));
        }
    }

    /// <summary>Sends rows; the edge takes the batch over.</summary>
    public ValueTask SendAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        if (_partitioner is not null)
        {
            return SpreadAsync(batch, _partitioner, cancellationToken);
        }

        var channel = _channels[_turn];
        _turn = _turn + 1 == _channels.Length ? 0 : _turn + 1;
        return WriteAsync(channel, StreamMessage.Of(batch), cancellationToken);
    }

    /// <summary>Sends a signal to every target.</summary>
    public async ValueTask SignalAsync(StreamMessage signal, CancellationToken cancellationToken)
    {
        foreach (var channel in _channels)
        {
            await channel.WriteAsync(signal, cancellationToken);
        }
    }

    private static ValueTask WriteAsync(ISubtaskChannel channel, StreamMessage message, CancellationToken cancellationToken)
    {
        // A target that reads no more has ended with its job; the engine ends this subtask too, so the answer changes nothing here.
        var writing = channel.WriteAsync(message, cancellationToken);
        if (writing.IsCompletedSuccessfully)
        {
            _ = writing.Result;
            return ValueTask.CompletedTask;
        }

        return AwaitAsync(writing);

        static async ValueTask AwaitAsync(ValueTask<bool> writing) => await writing;
    }

    private async ValueTask SpreadAsync(RecordBatch batch, KeyRangePartitioner partitioner, CancellationToken cancellationToken)
    {
        using var source = batch;
        partitioner.Assign(batch);
        for (var target = 0; target < _channels.Length; target++)
        {
            if (Take(batch, partitioner.Rows(target)) is { } part)
            {
                await WriteAsync(_channels[target], StreamMessage.Of(part), cancellationToken);
            }
        }
    }

    private RecordBatch? Take(RecordBatch batch, ReadOnlySpan<int> rows) =>
        rows.IsEmpty ? null : rows.Length == batch.RowCount ? batch.Retain() : ArrowTake.Take(batch, rows, _allocator);
}
