using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Grains.Commits;

/// <summary>Turns stored forms into what grains work with.</summary>
internal static class StoredState
{
    /// <summary>Reads what a grain needs before it can serve; what the storage throws is named for whoever called the grain.</summary>
    /// <param name="grain">Text of the grain's id.</param>
    /// <param name="read">Reads.</param>
    /// <exception cref="FlowException"><c>store_unavailable</c>: it could not be read, and trying again is safe; <c>state_corrupt</c>.</exception>
    public static async Task<T> ReadAsync<T>(string grain, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is not (FlowException or OperationCanceledException or JsonException))
        {
            throw new FlowException(
                FlowErrorCode.StoreUnavailable, $"The state of grain '{grain}' could not be read ({exception.Message}). Nothing was changed; try again.", exception);
        }
    }

    /// <summary>The same for what is read into the grain itself.</summary>
    /// <exception cref="FlowException"><c>store_unavailable</c>, <c>state_corrupt</c>.</exception>
    public static Task ReadAsync(string grain, Func<Task> read) => ReadAsync(grain, async () =>
    {
        await read();
        return true;
    });

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
