using OrleansFlow.Errors;

namespace OrleansFlow.Grains.Commits;

/// <summary>Turns stored forms into what grains work with.</summary>
internal static class StoredState
{
    /// <summary>Runs <paramref name="convert"/>, a pure function over what was read.</summary>
    /// <param name="grain">Text of the grain's id.</param>
    /// <param name="name">Name of the state.</param>
    /// <param name="convert">Makes the value.</param>
    /// <exception cref="FlowException"><c>state_corrupt</c>: the row parses but makes no sense.</exception>
    public static T Convert<T>(string grain, string name, Func<T> convert)
    {
        try
        {
            return convert();
        }
        catch (Exception exception)
        {
            // Whatever a stored value makes the conversion throw, the reason is the row, and this grain alone stops.
            throw new FlowException(
                FlowErrorCode.StateCorrupt,
                $"State '{name}' of grain '{grain}' cannot be used ({exception.Message}); its row is kept. 'flow db check' lists every such row.",
                exception);
        }
    }
}
