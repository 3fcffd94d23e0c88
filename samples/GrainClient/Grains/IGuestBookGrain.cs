namespace OrleansFlow.Samples.GrainClient.Grains;

/// <summary>A book that guests sign. Key: the name of the house.</summary>
[Alias("OrleansFlow.Samples.IGuestBookGrain")]
public interface IGuestBookGrain : IGrainWithStringKey
{
    /// <summary>Signs the book. Stored before it returns; signing twice makes two entries.</summary>
    /// <returns>How many entries there are now.</returns>
    /// <exception cref="ArgumentException">The entry has no guest. Nothing is stored.</exception>
    [Alias("Sign")]
    Task<int> SignAsync(GuestEntry entry);

    /// <summary>Tells a watcher of new entries for five minutes; watching again prolongs it.</summary>
    [Alias("Watch")]
    Task WatchAsync(IGuestWatcher watcher);

    /// <summary>The entries, oldest first.</summary>
    [Alias("Read")]
    IAsyncEnumerable<GuestEntry> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>Told of new entries, in the client's process.</summary>
[Alias("OrleansFlow.Samples.IGuestWatcher")]
public interface IGuestWatcher : IGrainObserver
{
    /// <summary>Somebody has signed.</summary>
    [Alias("Signed")]
    Task SignedAsync(GuestEntry entry);
}

/// <summary>One entry.</summary>
/// <param name="Guest">Who signed.</param>
/// <param name="Text">What they wrote.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.Samples.GuestEntry")]
public sealed record GuestEntry([property: Id(0)] string Guest, [property: Id(1)] string Text);
