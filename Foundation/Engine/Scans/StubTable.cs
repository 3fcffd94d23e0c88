using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Scans;

/// <summary>Columns and an estimate, without rows: what a table is to a planner.</summary>
internal sealed class StubTable(string name, string[] columns, LogicalTypeHandle[] types, long estimatedRowCount) : IDisposable
{
    /// <summary>The name it was registered under, for messages.</summary>
    public string Name { get; } = name;

    /// <summary>Names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; } = columns;

    /// <summary>Rows to plan with.</summary>
    public long EstimatedRowCount { get; } = estimatedRowCount;

    /// <summary>DuckDB's type of a column.</summary>
    public nint TypeOf(int column) => types[column].Value;

    public void Dispose()
    {
        foreach (var type in types)
        {
            type.Dispose();
        }
    }
}
