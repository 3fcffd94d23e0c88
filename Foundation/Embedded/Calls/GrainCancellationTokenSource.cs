namespace Orleans;

/// <summary>Makes a <see cref="GrainCancellationToken"/> and cancels it everywhere it went.</summary>
public sealed class GrainCancellationTokenSource : IDisposable
{
    /// <summary>The token, to be passed to grains.</summary>
    public GrainCancellationToken Token { get; } = new();

    /// <summary>Whether <see cref="Cancel"/> was called.</summary>
    public bool IsCancellationRequested => Token.IsCancellationRequested;

    /// <summary>Cancels the token here and at every grain that it was passed to. Repeating it does nothing.</summary>
    /// <returns>A task that ends when the callbacks of all of them have run; it fails with what a callback threw.</returns>
    public Task Cancel() => Token.CancelAsync();

    /// <summary>Lets go of the token's resources; does not cancel it.</summary>
    public void Dispose() => Token.Dispose();
}
