using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>The input of a simulated job: some partitions of so many rows. A subtask has those whose hash is in its range, as with any other key.</summary>
/// <param name="Number">Which of them.</param>
/// <param name="Hash">Its hash, as edges and state have it.</param>
internal readonly record struct JobPartition(int Number, ulong Hash)
{
    /// <summary>Partitions that a source has.</summary>
    public const int Count = 5;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<JobPartition> All { get; } = MakeAll();

    /// <summary>Those of a subtask.</summary>
    public static IEnumerable<JobPartition> Of(KeyRange keys) => All.Where(partition => keys.Contains(partition.Hash));

    private static List<JobPartition> MakeAll()
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("key", ArrowType.Int64)));
        for (var number = 0; number < Count; number++)
        {
            builder.AppendRow((long)number);
        }

        using var rows = builder.Build();
        var hashes = new ulong[Count];
        RowHash.Compute(rows, [0], hashes);
        return [.. hashes.Select((hash, number) => new JobPartition(number, hash))];
    }
}
