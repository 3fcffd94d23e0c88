using System.Runtime.CompilerServices;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>Reads one item ahead: the next one is read and decoded while the caller works on this one.</summary>
internal static class ReadAhead
{
    /// <summary>The items in their order, which the caller disposes; one that was read and not taken is disposed here.</summary>
    /// <param name="items">The items.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async IAsyncEnumerable<T> ReadAsync<T>(IAsyncEnumerable<T> items, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IDisposable
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var reader = items.GetAsyncEnumerator(ends.Token);
        var next = reader.MoveNextAsync().AsTask();
        try
        {
            while (await next)
            {
                var item = reader.Current;
                next = reader.MoveNextAsync().AsTask();
                yield return item;
            }
        }
        finally
        {
            // The reader must not be disposed while it reads.
            await ends.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (next is { IsCompletedSuccessfully: true, Result: true })
            {
                reader.Current.Dispose();
            }
        }
    }
}
