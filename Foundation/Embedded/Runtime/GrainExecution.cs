namespace Orleans.Embedded;

/// <summary>Knows whose turn runs on this thread.</summary>
internal static class GrainExecution
{
    [ThreadStatic]
    private static Activation? _current;

    public static Activation? Current => _current;

    public static IGrainContext RequireCurrent() => _current ?? throw new InvalidOperationException(
        "A grain object can be made by the runtime only: get a reference from IGrainFactory.GetGrain, " +
        "or pass an IGrainContext to the base constructor in a test.");

    public static Activation? Enter(Activation? activation)
    {
        var previous = _current;
        _current = activation;
        return previous;
    }
}

/// <summary>Gives <see cref="GrainExecution.Current"/> to injected services.</summary>
internal sealed class GrainContextAccessor : IGrainContextAccessor
{
    public IGrainContext GrainContext => GrainExecution.Current!;
}
