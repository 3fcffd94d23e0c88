using System.Globalization;

namespace OrleansFlow.Tasks;

/// <summary>
/// Names one schedulable unit. A task of a run is <c>RUN/NODE/INDEX</c>; a standalone task, which belongs to no run, is its id alone.
/// </summary>
public readonly record struct TaskId
{
    private readonly string? _value;

    private TaskId(string value) => _value = value;

    /// <summary>The text, which is also the key of the task's grain; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>True for a value that was never set.</summary>
    public bool IsDefault => _value is null;

    /// <summary>True when the task belongs to no run.</summary>
    public bool IsStandalone => !Value.Contains('/', StringComparison.Ordinal);

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

    /// <summary>0-based position within the node's tasks; 0 for a standalone task.</summary>
    public int Index => IsStandalone ? 0 : int.Parse(Value.AsSpan(Value.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The task at <paramref name="index"/> (0-based) of a run's node.</summary>
    /// <exception cref="ArgumentException">The node's name is not well-formed, or the run is default.</exception>
    public static TaskId OfRun(RunId run, string node, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        IdText.Require(run.Value, "run id");
        return new TaskId(string.Create(CultureInfo.InvariantCulture, $"{run.Value}/{IdText.Require(node, "node id")}/{index}"));
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

        var parts = text.Split('/');
        var valid = parts.Length switch
        {
            1 => IdText.IsValid(parts[0]),
            3 => IdText.IsValid(parts[0]) && IdText.IsValid(parts[1]) && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out _),
            _ => false,
        };
        if (valid)
        {
            id = new TaskId(text);
        }

        return valid;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
