using System.Text;
using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Workers;

/// <summary>Where a task's work can be taken up again: what a handler saves for the next attempt, on the same worker or on another one.</summary>
/// <param name="Version">Of the form of <paramref name="Json"/>. A handler that meets a version that it does not know refuses it (<see cref="RoleHandler.AcceptsCheckpoint"/>).</param>
/// <param name="Json">The state. At most <see cref="BytesMax"/> bytes of UTF-8: bulk belongs into an output batch.</param>
public sealed record TaskCheckpoint(int Version, string Json)
{
    /// <summary>Longest <see cref="Json"/>, in bytes of UTF-8.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>Makes a checkpoint of a value that System.Text.Json can write.</summary>
    /// <param name="version">Version of the value's form.</param>
    /// <param name="state">The state.</param>
    /// <param name="options">How it is written; null for the defaults.</param>
    public static TaskCheckpoint Of<T>(int version, T state, JsonSerializerOptions? options = null) => new(version, JsonSerializer.Serialize(state, options));

    /// <summary>The state as a value.</summary>
    /// <param name="options">As given to <see cref="Of"/>.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: the text is none of <typeparamref name="T"/>.</exception>
    public T Read<T>(JsonSerializerOptions? options = null)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Json, options)
                ?? throw new FlowException(FlowErrorCode.BadInput, $"The checkpoint (version {Version}) is null, not a {typeof(T).Name}.");
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The checkpoint (version {Version}) is no {typeof(T).Name}: {exception.Message}", exception);
        }
    }

    /// <summary>Checks the size.</summary>
    /// <exception cref="FlowException"><c>limit_exceeded</c>.</exception>
    public void RequireFits()
    {
        var bytes = Encoding.UTF8.GetByteCount(Json);
        if (bytes > BytesMax)
        {
            throw new FlowException(
                FlowErrorCode.LimitExceeded, $"The checkpoint has {bytes} bytes; at most {BytesMax} are kept. Emit what is large as a batch and keep its number.");
        }
    }
}
