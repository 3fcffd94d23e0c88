namespace OrleansFlow.Arrow.Ipc;

/// <summary>How messages are written.</summary>
public sealed class IpcWriteOptions
{
    private readonly int _alignment = 64;

    /// <summary>Boundary in bytes on which every buffer of a body starts.</summary>
    /// <value>8 or 64. Default 64: costs up to 63 bytes a buffer, lets readers of mapped files use whole vector registers.</value>
    public int Alignment
    {
        get => _alignment;
        init => _alignment = value is 8 or 64
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The alignment is 8 or 64 bytes.");
    }

    /// <summary>Where bitmaps and offsets that a slice forces to shift are put.</summary>
    /// <value>Default <see cref="ArrowAllocator.Default"/>.</value>
    public ArrowAllocator Allocator { get; init; } = ArrowAllocator.Default;

    /// <summary>How the buffers of bodies are compressed; each one is kept as it is where compression makes it longer.</summary>
    /// <value>Default <see cref="IpcCompression.None"/>.</value>
    public IpcCompression Compression { get; init; }

    /// <summary>Effort of compression; <see cref="IpcCompression.Zstd"/> knows 1 to 22, <see cref="IpcCompression.Lz4Frame"/> ignores it.</summary>
    /// <value>Default 1: fastest.</value>
    public int CompressionLevel { get; init; } = 1;
}
