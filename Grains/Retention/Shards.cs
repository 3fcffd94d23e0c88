using System.Runtime.CompilerServices;

namespace OrleansFlow.Grains.Retention;

/// <summary>Reads listings that are kept in shards as one.</summary>
internal static class Shards
{
    /// <summary>Merges listings, each of which is in order, into one that is.</summary>
    /// <param name="shards">The listings.</param>
    /// <param name="place">When a line's run began, and its id.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async IAsyncEnumerable<T> MergeAsync<T>(
        IEnumerable<IAsyncEnumerable<T>> shards, Func<T, (DateTimeOffset At, string Id)> place, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var readers = shards.Select(shard => shard.GetAsyncEnumerator(cancellationToken)).ToList();
        try
        {
            var heads = new PriorityQueue<IAsyncEnumerator<T>, (DateTimeOffset At, string Id)>(Comparer<(DateTimeOffset At, string Id)>.Create(
                static (left, right) => left.At != right.At ? left.At.CompareTo(right.At) : string.CompareOrdinal(left.Id, right.Id)));
            foreach (var reader in readers)
            {
                await AdvanceAsync(reader);
            }

            while (heads.TryDequeue(out var reader, out _))
            {
                yield return reader.Current;
                await AdvanceAsync(reader);
            }

            async Task AdvanceAsync(IAsyncEnumerator<T> reader)
            {
                if (await reader.MoveNextAsync())
                {
                    heads.Enqueue(reader, place(reader.Current));
                }
            }
        }
        finally
        {
            foreach (var reader in readers)
            {
                await reader.DisposeAsync();
            }
        }
    }
}
