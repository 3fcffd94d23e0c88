using System.Text.Json.Serialization;

namespace OrleansFlow.Sql.Explain;

/// <summary>A plan as programs read it; every other drawing of a plan is made from it.</summary>
/// <param name="IsLocal">Whether the query runs as it is written, in one task.</param>
/// <param name="Reasons">Why it runs in fewer tasks than it might.</param>
/// <param name="Stages">The stages, producers before consumers.</param>
internal sealed record ExplainedPlan(bool IsLocal, IReadOnlyList<string> Reasons, IReadOnlyList<ExplainedStage> Stages);

/// <summary>A stage.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Tasks">Its tasks.</param>
/// <param name="EstimatedRows">Rows that all tasks together are expected to make.</param>
/// <param name="EstimatedBytes">Their bytes.</param>
/// <param name="IsResult">Whether its rows are the answer.</param>
/// <param name="Notes">Why it has fewer tasks than it might.</param>
/// <param name="Scans">Tables that it reads.</param>
/// <param name="Inputs">Stages that it reads.</param>
/// <param name="Outputs">Where its rows go.</param>
/// <param name="Operators">What each task does; null when the plan cannot be read.</param>
internal sealed record ExplainedStage(
    int Id,
    int Tasks,
    long EstimatedRows,
    long EstimatedBytes,
    bool IsResult,
    IReadOnlyList<string> Notes,
    IReadOnlyList<ExplainedScan> Scans,
    IReadOnlyList<ExplainedInput> Inputs,
    IReadOnlyList<ExplainedOutput> Outputs,
    ExplainedOperator? Operators)
{
    /// <summary>What came of it; null for a plan that was not run.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ExplainedActual? Actual { get; init; }
}

/// <summary>A table that a stage reads.</summary>
/// <param name="Table">The table.</param>
/// <param name="Columns">Its columns that are read.</param>
/// <param name="FirstTask">First task that reads it.</param>
/// <param name="Tasks">Tasks that read it, each another part.</param>
/// <param name="Conditions">Conditions by which files and row groups are left out.</param>
internal sealed record ExplainedScan(string Table, IReadOnlyList<string> Columns, int FirstTask, int Tasks, int Conditions);

/// <summary>A stage that a stage reads.</summary>
/// <param name="Stage">The stage that makes the rows.</param>
/// <param name="Output">Which of its outputs.</param>
/// <param name="Exchange">How the rows come.</param>
/// <param name="FirstTask">First task that reads it.</param>
/// <param name="Tasks">Tasks that read it.</param>
internal sealed record ExplainedInput(int Stage, int Output, string Exchange, int FirstTask, int Tasks);

/// <summary>Where rows of a stage go.</summary>
/// <param name="Exchange">How.</param>
/// <param name="Partitions">Partitions that each task writes.</param>
/// <param name="Keys">Columns that are hashed.</param>
/// <param name="Order">Columns by which they are sorted.</param>
/// <param name="IsMaterialized">Whether they are complete before they are read.</param>
internal sealed record ExplainedOutput(string Exchange, int Partitions, IReadOnlyList<string> Keys, IReadOnlyList<string> Order, bool IsMaterialized);

/// <summary>An operator and those that it reads.</summary>
/// <param name="Text">The operator as EXPLAIN's text has it.</param>
/// <param name="Inputs">Its inputs.</param>
internal sealed record ExplainedOperator(string Text, IReadOnlyList<ExplainedOperator> Inputs);

/// <summary>EXPLAIN as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", MaxDepth = 4_096)]
[JsonSerializable(typeof(ExplainedPlan))]
internal sealed partial class ExplainedPlanJson : JsonSerializerContext;
