using OrleansFlow.Arrow;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Sql.Planning;

/// <summary>A function of FROM whose calls become scans: the planner knows their columns, and whoever runs the query makes their rows, in one part or several.</summary>
/// <param name="Name">Its name; not case-sensitive.</param>
/// <param name="Parameters">Those at their places in order, and those with names.</param>
/// <param name="Describe">Called when a query is planned, possibly several times. An exception refuses the query, with its message.</param>
public sealed record CallFunction(string Name, IReadOnlyList<EngineParameter> Parameters, Func<TableArguments, CallShape> Describe);

/// <summary>What the planner knows of a call.</summary>
/// <param name="Schema">Its columns, at least one.</param>
public sealed record CallShape(ArrowSchema Schema)
{
    /// <summary>Rows to plan with: joins are ordered and tasks counted by it.</summary>
    /// <value>Default 1,000.</value>
    public long EstimatedRowCount { get; init; } = 1_000;

    /// <summary>Parts that its rows can be made in at the most, side by side.</summary>
    /// <value>Default 1.</value>
    public int PartCountMax { get; init; } = 1;
}

/// <summary>A call in a query.</summary>
/// <param name="Table">Its name in <see cref="Stages.StageScan.Table"/>; no other table of the plan has it.</param>
/// <param name="Arguments">The function's name and the arguments.</param>
/// <param name="Shape">What its function said.</param>
public sealed record PlannedCall(string Table, TableArguments Arguments, CallShape Shape);

/// <summary>What queries may call besides the engine's own functions. The same on whoever plans and whoever executes.</summary>
public sealed record QueryFunctions
{
    /// <summary>None.</summary>
    public static QueryFunctions None { get; } = new();

    /// <summary>Functions in C#; those of FROM run in one task.</summary>
    public IReadOnlyList<EngineFunction> Functions { get; init; } = [];

    /// <summary>Functions of FROM whose calls become scans.</summary>
    public IReadOnlyList<CallFunction> Calls { get; init; } = [];
}
