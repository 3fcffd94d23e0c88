using System.Buffers.Binary;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Worker.Jobs.Edges;

/// <summary>Signals between workers, as the application metadata of an exchange: a byte that says which, then its fields, little-endian.</summary>
internal static class EdgeSignals
{
    private const byte WatermarkAt = 1;
    private const byte Idle = 2;
    private const byte Barrier = 3;
    private const byte Stop = 4;
    private const byte EndOfData = 5;
    private const int BarrierBytes = 1 + (3 * sizeof(long)) + 1;

    /// <summary>Writes a signal.</summary>
    /// <exception cref="ArgumentException">The message is no signal.</exception>
    public static byte[] Write(StreamMessage message)
    {
        switch (message.Kind)
        {
            case StreamMessageKind.Watermark when message.Watermark.IsIdle:
                return [Idle];
            case StreamMessageKind.Watermark:
                var at = new byte[1 + sizeof(long)];
                at[0] = WatermarkAt;
                BinaryPrimitives.WriteInt64LittleEndian(at.AsSpan(1), message.Watermark.EventTimeMicros);
                return at;
            case StreamMessageKind.Barrier:
                var (barrier, bytes) = (message.Barrier!, new byte[BarrierBytes]);
                bytes[0] = Barrier;
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), barrier.Epoch);
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(9), barrier.MinEpoch);
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(17), barrier.Timestamp.UtcTicks);
                bytes[25] = barrier.ThenStop ? (byte)1 : (byte)0;
                return bytes;
            case StreamMessageKind.Stop:
                return [Stop];
            case StreamMessageKind.EndOfData:
                return [EndOfData];
            default:
                throw new ArgumentException("A batch is no signal.", nameof(message));
        }
    }

    /// <summary>Reads a signal.</summary>
    /// <exception cref="FlowException">The bytes are none (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public static StreamMessage Read(ReadOnlySpan<byte> bytes) => (bytes.IsEmpty ? 0 : bytes[0], bytes.Length) switch
    {
        (WatermarkAt, 1 + sizeof(long)) => StreamMessage.Of(Watermark.At(BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]))),
        (Idle, 1) => StreamMessage.Of(Watermark.Idle),
        (Barrier, BarrierBytes) when BinaryPrimitives.ReadInt64LittleEndian(bytes[17..]) is >= 0 and var ticks && ticks <= DateTimeOffset.MaxValue.Ticks => StreamMessage.Of(new CheckpointBarrier(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[9..]), new DateTimeOffset(ticks, TimeSpan.Zero), bytes[25] != 0)),
        (Stop, 1) => StreamMessage.Stop,
        (EndOfData, 1) => StreamMessage.EndOfData,
        _ => throw new FlowException(FlowErrorCode.BadInput, $"A peer sent a signal of {bytes.Length} bytes that is none."),
    };

    /// <summary>Whether nothing follows a signal on its channel.</summary>
    public static bool IsLast(StreamMessage message) =>
        message.Kind is StreamMessageKind.Stop or StreamMessageKind.EndOfData || message.Barrier is { ThenStop: true };
}
