namespace OrleansFlow.Streaming.State;

/// <summary>What the values of a global table mean.</summary>
public sealed record GlobalTableOptions
{
    /// <summary>Version of the values. Default 1. At least 1; one more with each change of their meaning.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Turns an entry of the version before into one of this version; null when that version cannot be read. Called once for each entry.</summary>
    public Func<GlobalEntry, GlobalEntry>? Migrate { get; init; }
}

/// <summary>An entry of a global table.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value.</param>
public readonly record struct GlobalEntry(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value);
