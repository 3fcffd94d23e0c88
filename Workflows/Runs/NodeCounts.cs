using System.Collections;

namespace OrleansFlow.Workflows.Runs;

/// <summary>A number for each node of a workflow, as a value: a change copies a small part, however many nodes there are.</summary>
public sealed class NodeCounts : IReadOnlyList<int>
{
    private const int ChunkSize = 128;

    private readonly int[][] _chunks;

    /// <summary>Zero for each of some nodes.</summary>
    /// <param name="count">How many nodes.</param>
    public NodeCounts(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Count = count;
        _chunks = new int[(count + ChunkSize - 1) / ChunkSize][];
        for (var chunk = 0; chunk < _chunks.Length; chunk++)
        {
            _chunks[chunk] = new int[Math.Min(ChunkSize, count - (chunk * ChunkSize))];
        }
    }

    private NodeCounts(int count, int[][] chunks) => (Count, _chunks) = (count, chunks);

    /// <summary>How many nodes.</summary>
    public int Count { get; }

    /// <summary>The number of a node.</summary>
    /// <param name="index">Place of the node.</param>
    public int this[int index] => _chunks[index / ChunkSize][index % ChunkSize];

    /// <summary>The numbers with one of them changed.</summary>
    /// <param name="node">Place of the node.</param>
    /// <param name="by">What is added.</param>
    public NodeCounts Add(int node, int by)
    {
        var chunks = (int[][])_chunks.Clone();
        var chunk = (int[])chunks[node / ChunkSize].Clone();
        chunk[node % ChunkSize] += by;
        chunks[node / ChunkSize] = chunk;
        return new(Count, chunks);
    }

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => _chunks.SelectMany(chunk => chunk).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
