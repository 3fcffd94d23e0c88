namespace OrleansFlow.Tasks;

/// <summary>Names one worker process (or one in-process worker) for as long as it lives.</summary>
public readonly record struct WorkerId
{
    private readonly string? _value;

    /// <summary>Wraps a well-formed id (see <see cref="IdText"/>).</summary>
    /// <exception cref="ArgumentException"><paramref name="value"/> is not well-formed.</exception>
    public WorkerId(string value) => _value = IdText.Require(value, "worker id");

    /// <summary>The text; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>True for a value that was never set.</summary>
    public bool IsDefault => _value is null;

    /// <inheritdoc/>
    public override string ToString() => Value;
}
