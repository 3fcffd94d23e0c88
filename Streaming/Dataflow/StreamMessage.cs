using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What a <see cref="StreamMessage"/> is.</summary>
public enum StreamMessageKind
{
    /// <summary>Rows.</summary>
    Batch = 0,

    /// <summary>How far event time has come.</summary>
    Watermark = 1,

    /// <summary>The line of a checkpoint.</summary>
    Barrier = 2,

    /// <summary>The job is being stopped: nothing follows, and what is held is not given out.</summary>
    Stop = 3,

    /// <summary>The data is complete: nothing follows, and what is held is given out.</summary>
    EndOfData = 4,
}

/// <summary>What travels on an edge, in order: rows or a signal. Whoever receives one owns its batch.</summary>
public readonly record struct StreamMessage
{
    private StreamMessage(StreamMessageKind kind) => Kind = kind;

    /// <summary>The job is being stopped.</summary>
    public static StreamMessage Stop => new(StreamMessageKind.Stop);

    /// <summary>The data is complete.</summary>
    public static StreamMessage EndOfData => new(StreamMessageKind.EndOfData);

    /// <summary>Which of them it is.</summary>
    public StreamMessageKind Kind { get; }

    /// <summary>The rows of a <see cref="StreamMessageKind.Batch"/>.</summary>
    public RecordBatch? Batch { get; private init; }

    /// <summary>The value of a <see cref="StreamMessageKind.Watermark"/>.</summary>
    public Watermark Watermark { get; private init; }

    /// <summary>The value of a <see cref="StreamMessageKind.Barrier"/>.</summary>
    public CheckpointBarrier? Barrier { get; private init; }

    /// <summary>Rows; the message takes the batch over.</summary>
    public static StreamMessage Of(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return new(StreamMessageKind.Batch) { Batch = batch };
    }

    /// <summary>A watermark.</summary>
    public static StreamMessage Of(Watermark watermark) => new(StreamMessageKind.Watermark) { Watermark = watermark };

    /// <summary>A barrier.</summary>
    public static StreamMessage Of(CheckpointBarrier barrier)
    {
        ArgumentNullException.ThrowIfNull(barrier);
        return new(StreamMessageKind.Barrier) { Barrier = barrier };
    }

    /// <summary>What it takes of a queue: a signal one row, a batch its rows, but never more than the whole queue.</summary>
    /// <param name="capacityRows">Rows of the queue. At least 1.</param>
    public int CostRows(int capacityRows) => Batch is { } batch ? Math.Clamp(batch.RowCount, 1, capacityRows) : 1;
}
