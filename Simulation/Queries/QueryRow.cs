namespace OrleansFlow.Simulation.Queries;

/// <summary>A row of a simulated query.</summary>
/// <param name="Key">What rows are grouped, joined and dealt by.</param>
/// <param name="Value">Anything.</param>
internal readonly record struct QueryRow(long Key, long Value) : IComparable<QueryRow>
{
    /// <summary>Bytes that it is said to have.</summary>
    public const int Bytes = 16;

    public int CompareTo(QueryRow other) => Key != other.Key ? Key.CompareTo(other.Key) : Value.CompareTo(other.Value);
}
