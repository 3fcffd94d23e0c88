namespace OrleansFlow.Decisions.Inputs;

/// <summary>Cuts items into pieces of a size; the last one of an artifact may be smaller, and none crosses into the next artifact.</summary>
public static class ChunkPlan
{
    /// <summary>The pieces: first item and number of items. None for no items.</summary>
    public static IEnumerable<(int First, int Count)> Cut(int itemCount, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(itemCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        for (long first = 0; first < itemCount; first += size)
        {
            yield return ((int)first, (int)Math.Min(size, itemCount - first));
        }
    }
}
