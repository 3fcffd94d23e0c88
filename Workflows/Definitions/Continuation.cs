namespace OrleansFlow.Workflows.Definitions;

/// <summary>
/// Says that the run is to begin again with an empty log, as loops without an end have to: <c>return Continuation.AsNew(input);</c>. The step's changes of
/// the context are committed; all other items of the run are dropped, signals that nobody has waited for stay.
/// </summary>
public sealed class Continuation
{
    private Continuation(SavedState input) => Input = input;

    internal SavedState Input { get; }

    /// <summary>Begins again.</summary>
    /// <typeparam name="TIn">The input of the start node.</typeparam>
    /// <param name="input">Its new input.</param>
    public static Continuation AsNew<TIn>(TIn input) => new(new SavedState<TIn>(input));
}
