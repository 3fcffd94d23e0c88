namespace OrleansFlow.Tasks;

/// <summary>Names one execution of a task graph.</summary>
public readonly record struct RunId
{
    private readonly string? _value;

    /// <summary>Wraps a well-formed id (see <see cref="IdText"/>).</summary>
    /// <exception cref="ArgumentException"><paramref name="value"/> is not well-formed.</exception>
    public RunId(string value) => _value = IdText.Require(value, "run id");

    /// <summary>The text; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>True for a value that was never set.</summary>
    public bool IsDefault => _value is null;

    /// <inheritdoc/>
    public override string ToString() => Value;
}
