namespace OrleansFlow.Decisions.Jobs;

/// <summary>One parallel instance of one operator: state is kept under it. Several of them run in one subtask where operators are chained.</summary>
/// <param name="OperatorId">The operator, by the id that stays the same in every version of the program.</param>
/// <param name="Index">Which instance, from 0.</param>
public readonly record struct OperatorSubtask(string OperatorId, int Index) : IComparable<OperatorSubtask>
{
    /// <inheritdoc/>
    public int CompareTo(OperatorSubtask other)
    {
        var byOperator = string.CompareOrdinal(OperatorId, other.OperatorId);
        return byOperator == 0 ? Index.CompareTo(other.Index) : byOperator;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{OperatorId}/{Index}";

    /// <summary>Whether <paramref name="left"/> comes first.</summary>
    public static bool operator <(OperatorSubtask left, OperatorSubtask right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> comes later.</summary>
    public static bool operator >(OperatorSubtask left, OperatorSubtask right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> does not come later.</summary>
    public static bool operator <=(OperatorSubtask left, OperatorSubtask right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> does not come first.</summary>
    public static bool operator >=(OperatorSubtask left, OperatorSubtask right) => left.CompareTo(right) >= 0;
}
