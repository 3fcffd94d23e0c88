using System.Globalization;

namespace OrleansFlow.Tasks;

/// <summary>
/// Names one schedulable unit. A task of a graph's run is <c>RUN/NODE/INDEX</c>, an item of a workflow's run <c>RUN/~/ITEM</c>; a standalone task,
/// which belongs to no run, is its id alone.
/// </summary>
public readonly record struct TaskId
{
    /// <summary>Stands where a graph's task has its node; no node can be called so.</summary>
    private const string WorkflowMark = "~";

    private readonly string? _value;

    private TaskId(string value) => _value = value;

    /// <summary>The text, which is also the key of the task's grain; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>True for a value that was never set.</summary>
    public bool IsDefault => _value is null;

    /// <summary>True when the task belongs to no run.</summary>
    public bool IsStandalone => !Value.Contains('/', StringComparison.Ordinal);

    /// <summary>True when the task is an item of a workflow's run.</summary>
    public bool IsWorkflow
    {
        get
        {
            var first = Value.IndexOf('/', StringComparison.Ordinal);
            return first > 0 && Value.Length > first + 2 && Value[first + 1] == WorkflowMark[0] && Value[first + 2] == '/';
        }
    }

    /// <summary>The run this task belongs to; default for a standalone task.</summary>
    public RunId RunId => IsStandalone ? default : new RunId(Value[..Value.IndexOf('/', StringComparison.Ordinal)]);

    /// <summary>The node of the run's graph; empty for a standalone task.</summary>
    public string Node
    {
        get
        {
            var first = Value.IndexOf('/', StringComparison.Ordinal);
            return first < 0 ? "" : Value[(first + 1)..Value.LastIndexOf('/')];
        }
    }

    /// <summary>0-based position within the node's tasks, or the number of a workflow's item; 0 for a standalone task.</summary>
    public int Index => IsStandalone ? 0 : int.Parse(Value.AsSpan(Value.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The task at <paramref name="index"/> (0-based) of a run's node.</summary>
    /// <exception cref="ArgumentException">The node's name is not well-formed, or the run is default.</exception>
    public static TaskId OfRun(RunId run, string node, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        IdText.Require(run.Value, "run id");
        return new TaskId(string.Create(CultureInfo.InvariantCulture, $"{run.Value}/{IdText.Require(node, "node id")}/{index}"));
    }

    /// <summary>An item of a workflow's run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="item">Number of the item, from 1.</param>
    /// <exception cref="ArgumentException">The run is default.</exception>
    public static TaskId OfWorkflow(RunId run, long item)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(item, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(item, int.MaxValue);
        return new TaskId(string.Create(CultureInfo.InvariantCulture, $"{IdText.Require(run.Value, "run id")}/{WorkflowMark}/{item}"));
    }

    /// <summary>A task that belongs to no run.</summary>
    /// <exception cref="ArgumentException"><paramref name="id"/> is not well-formed (see <see cref="IdText"/>).</exception>
    public static TaskId Standalone(string id) => new(IdText.Require(id, "task id"));

    /// <summary>Reads the text of a task id.</summary>
    /// <exception cref="ArgumentException">The text is neither <c>ID</c> nor <c>RUN/NODE/INDEX</c>.</exception>
    public static TaskId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new ArgumentException($"'{text}' is not a task id: expected 'ID' or 'RUN/NODE/INDEX'.", nameof(text));

    /// <summary>Reads the text of a task id; false when it is malformed.</summary>
    public static bool TryParse(string? text, out TaskId id)
    {
        id = default;
        if (text is null)
        {
            return false;
        }

        if (!IsValid(text))
        {
            return false;
        }

        id = new TaskId(text);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static bool IsValid(ReadOnlySpan<char> text)
    {
        var first = text.IndexOf('/');
        if (first < 0)
        {
            return IdText.IsValid(text);
        }

        var rest = text[(first + 1)..];
        var second = rest.IndexOf('/');
        return second >= 0
            && IdText.IsValid(text[..first])
            && (rest[..second] is WorkflowMark || IdText.IsValid(rest[..second]))
            && int.TryParse(rest[(second + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }
}
