namespace OrleansFlow.Arrow.Ipc;

/// <summary>Limits and checks for messages that are read. The defaults are safe for bytes from anywhere.</summary>
public sealed class IpcReadOptions
{
    /// <summary>Where bodies are read to, when the source is not already memory.</summary>
    /// <value>Default <see cref="ArrowAllocator.Default"/>.</value>
    public ArrowAllocator Allocator { get; init; } = ArrowAllocator.Default;

    /// <summary>Most bytes of one message's metadata.</summary>
    /// <value>Default 64 MiB.</value>
    public int MaxMetadataBytes { get; init; } = 64 << 20;

    /// <summary>Most bytes of one message's body; a stream may make the reader allocate this much at once.</summary>
    /// <value>Default 1 GiB, at most <see cref="ArrowAllocator.MaxAllocation"/>.</value>
    public long MaxBodyBytes { get; init; } = 1 << 30;

    /// <summary>Most bytes of all dictionaries of a stream together.</summary>
    /// <value>Default 1 GiB.</value>
    public long MaxDictionaryBytes { get; init; } = 1 << 30;

    /// <summary>Most levels of nested types.</summary>
    /// <value>Default 64.</value>
    public int MaxDepth { get; init; } = 64;

    /// <summary>Most fields of a schema, nested ones included.</summary>
    /// <value>Default 100,000.</value>
    public int MaxFields { get; init; } = 100_000;

    /// <summary>
    /// Whether offsets, dictionary indices, union codes and null counts are checked: O(rows). Without it, reading a batch does not
    /// depend on its size, but bytes from a source that is not trusted may then make other engines read outside their memory.
    /// </summary>
    /// <value>Default true.</value>
    public bool Validate { get; init; } = true;

    /// <summary>Whether text is checked to be UTF-8 (only together with <see cref="Validate"/>): O(bytes).</summary>
    /// <value>Default true.</value>
    public bool ValidateUtf8 { get; init; } = true;
}
