using System.Collections;

namespace OrleansFlow.Workflows.Runs;

/// <summary>A number for each node of a workflow, as a value: a change copies a small part, however many nodes there are.</summary>
public sealed class NodeCounts : IReadOnlyList<int>
{
    private const int ChunkSize = 128;

    // Most workflows are one chunk, which then needs no list of chunks.
    private readonly int[] _first;
    private readonly int[][]? _more;

    /// <summary>Zero for each of some nodes.</summary>
    /// <param name="count">How many nodes.</param>
    public NodeCounts(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Count = count;
        _first = new int[Math.Min(ChunkSize, count)];
        _more = count <= ChunkSize ? null : new int[((count - 1) / ChunkSize)][];
        for (var chunk = 0; chunk < _more?.Length; chunk++)
        {
            _more[chunk] = new int[Math.Min(ChunkSize, count - ((chunk + 1) * ChunkSize))];
        }
    }

    private NodeCounts(int count, int[] first, int[][]? more) => (Count, _first, _more) = (count, first, more);

    /// <summary>How many nodes.</summary>
    public int Count { get; }

    /// <summary>The number of a node.</summary>
    /// <param name="index">Place of the node.</param>
    public int this[int index] => index < ChunkSize ? _first[index] : _more![(index / ChunkSize) - 1][index % ChunkSize];

    /// <summary>The numbers with one of them changed.</summary>
    /// <param name="node">Place of the node.</param>
    /// <param name="by">What is added.</param>
    public NodeCounts Add(int node, int by)
    {
        if (node < ChunkSize)
        {
            return new(Count, Changed(_first, node, by), _more);
        }

        var more = (int[][])_more!.Clone();
        ref var chunk = ref more[(node / ChunkSize) - 1];
        chunk = Changed(chunk, node % ChunkSize, by);
        return new(Count, _first, more);
    }

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => (_more ?? []).Prepend(_first).SelectMany(chunk => chunk).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static int[] Changed(int[] chunk, int index, int by)
    {
        var changed = chunk.AsSpan().ToArray();
        changed[index] += by;
        return changed;
    }
}
