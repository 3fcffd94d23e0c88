using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Orleans.Utilities;

namespace OrleansFlow.Samples.GrainClient.Grains;

/// <summary>Keeps the entries in the silo's store.</summary>
public sealed class GuestBookGrain(
    [PersistentState("book")] IPersistentState<GuestBookState> book, ILogger<GuestBookGrain> logger) : Grain, IGuestBookGrain
{
    private readonly ObserverManager<IGuestWatcher> _watchers = new(TimeSpan.FromMinutes(5), logger);

    /// <inheritdoc/>
    public async Task<int> SignAsync(GuestEntry entry)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(entry.Guest);
        book.State.Entries.Add(entry);
        await book.WriteStateAsync();
        await _watchers.Notify(watcher => watcher.SignedAsync(entry));
        return book.State.Entries.Count;
    }

    /// <inheritdoc/>
    public Task WatchAsync(IGuestWatcher watcher)
    {
        _watchers.Subscribe(watcher, watcher);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<GuestEntry> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A copy: guests may sign while others read.
        foreach (var entry in book.State.Entries.ToArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }

        await Task.CompletedTask;
    }
}

/// <summary>What a guest book stores.</summary>
[GenerateSerializer, Alias("OrleansFlow.Samples.GuestBookState")]
public sealed class GuestBookState
{
    /// <summary>The entries, oldest first.</summary>
    [Id(0)]
    public List<GuestEntry> Entries { get; set; } = [];
}
