namespace Orleans.Embedded;

/// <summary>Knows whose turn runs on this thread.</summary>
internal static class GrainExecution
{
    [ThreadStatic]
    private static Activation? _current;

    public static Activation? Current => _current;

    public static IGrainContext RequireCurrent() => _current ?? throw new InvalidOperationException(
        "There is a grain context only while a grain is made or runs: ask for it in the constructor of a grain or of what it is made with.");

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
