using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Statistics;

namespace OrleansFlow.Sql.Stages;

/// <summary>
/// A fragment that is still open: the operators that one task runs so far, and over how many tasks the rows are spread. Every task of a part with
/// more than one makes nothing of no rows; what makes rows of nothing (VALUES, an aggregate without groups) is always a part of one task.
/// </summary>
internal sealed record StagePart(PlanNode Node, int TaskCount)
{
    /// <summary>Positions of the columns by whose hash the rows are spread, in order; null when they are spread anyhow.</summary>
    public IReadOnlyList<int>? HashedBy { get; init; }

    /// <summary>Base tables that are read.</summary>
    public IReadOnlyList<StageScan> Scans { get; init; } = [];

    /// <summary>Rows of closed stages that are read.</summary>
    public IReadOnlyList<PendingInput> Inputs { get; init; } = [];

    /// <summary>Why there are fewer tasks than there might be.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Rows that all tasks together are expected to make.</summary>
    public long RowCount { get; init; } = 1;

    /// <summary>Bytes that all tasks together are expected to make.</summary>
    public long ByteCount => RowCount * SizeEstimator.Width(Node.Types);

    /// <summary>One task.</summary>
    public bool IsSingle => TaskCount == 1;

    /// <summary>Reads nothing and is the same each time, so that any task can run it beside its own work.</summary>
    public bool IsConstant => Scans.Count == 0 && Inputs.Count == 0 && !VolatileFunctions.Occur(Node);

    /// <summary>The same part with another operator on top that keeps the places of the first columns.</summary>
    public StagePart Over(PlanNode node) => this with { Node = node };

    public StagePart WithNote(string note) => Notes.Contains(note) ? this : this with { Notes = [.. Notes, note] };

    /// <summary>What another part reads, read by this one too.</summary>
    public StagePart Absorb(StagePart other) => this with
    {
        Scans = [.. Scans, .. other.Scans],
        Inputs = [.. Inputs, .. other.Inputs],
        Notes = [.. Notes.Union(other.Notes)],
    };

    /// <summary>The hash columns after a projection; null when one is gone.</summary>
    public static IReadOnlyList<int>? Follow(IReadOnlyList<int>? hashedBy, ValueList<ScalarExpression> values)
    {
        if (hashedBy is null)
        {
            return null;
        }

        var moved = new List<int>();
        foreach (var column in hashedBy)
        {
            var position = values.Select((value, index) => value is ColumnReference reference && reference.Index == column ? index : -1)
                .FirstOrDefault(index => index >= 0, -1);
            if (position < 0)
            {
                return null;
            }

            moved.Add(position);
        }

        return moved;
    }
}

/// <summary>An input of an open part; its exchange can still be chosen while only the exchange's rows are handed on.</summary>
/// <param name="Name">Name of the view.</param>
/// <param name="Output">The output of the closed stage.</param>
/// <param name="FirstTask">First task that reads rows.</param>
/// <param name="TaskCount">Tasks that read rows.</param>
internal sealed record PendingInput(string Name, PendingOutput Output, int FirstTask, int TaskCount);

/// <summary>An output of a closed stage, until the whole plan is cut.</summary>
internal sealed class PendingOutput(PendingStage stage, ExchangeKind kind)
{
    public PendingStage Stage { get; } = stage;

    public ExchangeKind Kind { get; set; } = kind;

    /// <summary>Whether one reader may read it several times: each step of a recursion does.</summary>
    public bool IsReadAgain { get; set; }

    public int PartitionCount { get; set; } = 1;

    public IReadOnlyList<int> Keys { get; set; } = [];

    public IReadOnlyList<StageOrder> Order { get; set; } = [];
}

/// <summary>A closed stage.</summary>
internal sealed class PendingStage(int id, StagePart part)
{
    public int Id { get; } = id;

    public StagePart Part { get; } = part;

    public List<PendingOutput> Outputs { get; } = [];
}
