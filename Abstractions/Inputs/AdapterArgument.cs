namespace OrleansFlow.Inputs;

/// <summary>One argument that an input adapter takes.</summary>
/// <param name="Name">Its name: 1 to 64 letters, digits and <c>_</c>.</param>
/// <param name="Kind">What it may be.</param>
/// <param name="IsRequired">Whether it must be given. Default false.</param>
public sealed record AdapterArgument(string Name, AdapterArgumentKind Kind, bool IsRequired = false)
{
    /// <summary>Least value of a number, fewest items of a list. Null: none.</summary>
    public double? Minimum { get; init; }

    /// <summary>Greatest value of a number, most items of a list. Null: none.</summary>
    public double? Maximum { get; init; }

    /// <summary>The texts that are possible; empty for any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>An argument that must not be given together with this one; null for none.</summary>
    public string? Excludes { get; init; }
}
