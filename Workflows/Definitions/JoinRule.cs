namespace OrleansFlow.Workflows.Definitions;

/// <summary>When a join goes on, and with how many items.</summary>
/// <param name="Kind">The rule.</param>
/// <param name="Count">The number of items for <see cref="JoinKind.Count"/>; otherwise 0.</param>
/// <param name="AtMost">How long it waits from its first item; then it goes on with what came. <see langword="null"/>: no limit.</param>
public sealed record JoinRule(JoinKind Kind, int Count = 0, TimeSpan? AtMost = null)
{
    /// <summary>When no other item of the run can still reach it.</summary>
    public static JoinRule All { get; } = new(JoinKind.All);

    /// <summary>With the first item.</summary>
    public static JoinRule Any { get; } = new(JoinKind.Any);

    /// <summary>With a number of items. A run in which fewer can come fails, naming the join.</summary>
    /// <param name="count">How many; at least 1.</param>
    public static JoinRule Of(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new(JoinKind.Count, count);
    }

    /// <summary>The same rule with a time-out.</summary>
    /// <param name="atMost">Longest wait from the first item; more than zero.</param>
    public JoinRule Within(TimeSpan atMost)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(atMost, TimeSpan.Zero);
        return this with { AtMost = atMost };
    }

    internal int Wanted => Kind switch { JoinKind.Any => 1, JoinKind.Count => Count, _ => int.MaxValue };
}
