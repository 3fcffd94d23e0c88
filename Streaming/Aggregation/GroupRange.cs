namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Numbers of groups that follow one another: what is theirs is copied as a whole.</summary>
internal static class GroupRange
{
    /// <summary>The range of numbers that rise by one each; null for others.</summary>
    public static Range? TryGet(ReadOnlySpan<int> groups)
    {
        for (var i = 1; i < groups.Length; i++)
        {
            if (groups[i] != groups[i - 1] + 1)
            {
                return null;
            }
        }

        return groups.IsEmpty || groups[0] < 0 ? null : groups[0]..(groups[^1] + 1);
    }
}
