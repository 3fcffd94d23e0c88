namespace OrleansFlow.Engine.Functions;

/// <summary>How the engine may use a function. Immutable.</summary>
public sealed record FunctionOptions
{
    /// <summary>Largest <see cref="DecimalScale"/>: what a <see cref="decimal"/> has.</summary>
    public const int DecimalScaleMax = 28;

    /// <summary>The usual: deterministic, NULL in gives NULL out.</summary>
    public static FunctionOptions Default { get; } = new();

    /// <summary>
    /// Whether two calls with the same arguments may give different values, or a call changes something. Then each row calls it, and queries that need
    /// the same rows twice are not divided. False (default): the engine may compute constants once.
    /// </summary>
    public bool IsVolatile { get; init; }

    /// <summary>
    /// Whether arguments of type <see cref="string"/> and <c>byte[]</c> are given as null for NULL. False (default): a NULL among them gives NULL, and an aggregate
    /// passes over the row. Parameters such as <c>int?</c> always get their NULL; those such as <c>int</c> never do.
    /// </summary>
    public bool SeesNulls { get; init; }

    /// <summary>Digits behind the point of every <see cref="decimal"/> of the function: the engine's type is <c>DECIMAL(38, scale)</c>, and arguments are cast to it.</summary>
    /// <value>Default 10. Range 0 to <see cref="DecimalScaleMax"/>.</value>
    public int DecimalScale { get; init; } = 10;

    internal void Validate(string function)
    {
        if (DecimalScale is < 0 or > DecimalScaleMax)
        {
            throw new ArgumentException($"Function '{function}' has {nameof(DecimalScale)} {DecimalScale}; it must be 0 to {DecimalScaleMax}.");
        }
    }
}
