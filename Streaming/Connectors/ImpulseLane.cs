using System.Buffers.Binary;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>Every n-th number from a place on: what one subtask of an impulse still has to give out.</summary>
/// <param name="Next">The next number.</param>
/// <param name="Stride">From one number to the next. At least 1.</param>
internal readonly record struct ImpulseLane(long Next, long Stride)
{
    public const int Bytes = 16;

    // Whole lanes are dealt out once there are this many for each subtask; splitting all of them each time would multiply them without end.
    private const int DealFactor = 8;

    /// <summary>The lane after so many of its numbers.</summary>
    public ImpulseLane Skip(long count) => this with { Next = Next + (count * Stride) };

    /// <summary>Numbers below an end.</summary>
    public long CountBelow(long end) => Next >= end ? 0 : ((end - Next - 1) / Stride) + 1;

    /// <summary>
    /// What is left, spread over subtasks: each number is one subtask's. Lanes are dealt out if that is even, or there are many; else
    /// each is split. Every subtask gets the same answer from the same lanes.
    /// </summary>
    /// <param name="lanes">What all subtasks had, in any order.</param>
    /// <param name="index">Which subtask.</param>
    /// <param name="parallelism">Of how many.</param>
    public static List<ImpulseLane> Share(IEnumerable<ImpulseLane> lanes, int index, int parallelism)
    {
        var all = lanes.OrderBy(lane => lane.Next).ThenBy(lane => lane.Stride).ToList();
        return all.Count % parallelism == 0 || all.Count >= DealFactor * parallelism
            ? [.. all.Where((_, place) => place % parallelism == index)]
            : [.. all.Select(lane => new ImpulseLane(lane.Next + (index * lane.Stride), checked(lane.Stride * parallelism)))];
    }

    public static ImpulseLane Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Next);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], Stride);
    }
}
