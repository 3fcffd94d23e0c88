using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Flight.Exchange;

/// <summary>Memory, limits and times of one side of an exchange. Read once when a client or a listener is made.</summary>
public class ExchangeOptions
{
    /// <summary>Smallest <see cref="MessageBytesMax"/>.</summary>
    public const long MessageBytesMinLimit = 64 * 1024;

    /// <summary>Smallest <see cref="MetadataBytesMax"/>.</summary>
    public const int MetadataBytesMinLimit = 64 * 1024;

    /// <summary>
    /// Largest message accepted, in bytes: one record batch. A larger one ends the stream with <c>exchange_message_too_large</c> before any
    /// memory is taken for it.
    /// </summary>
    /// <value>Default null: none, so that only the longest buffer (2 GiB - 64) bounds a message. Range 64 KiB to 2 GiB - 64.</value>
    public long? MessageBytesMax { get; set; }

    /// <summary>Most bytes of a message's description (schema, lengths of its buffers) and of its application metadata, each.</summary>
    /// <value>Default 64 MiB. Range 64 KiB to 1 GiB.</value>
    public int MetadataBytesMax { get; set; } = 64 * 1024 * 1024;

    /// <summary>Where received bodies are kept.</summary>
    /// <value>Default <see cref="ArrowAllocator.Pooled"/>.</value>
    public ArrowAllocator Allocator { get; set; } = ArrowAllocator.Pooled;

    /// <summary>
    /// Whether offsets and text of received batches are checked, which costs time by the row. Without it a peer that sends broken data can
    /// make this process read outside of its memory: only between processes that trust each other.
    /// </summary>
    /// <value>Default true.</value>
    public bool ChecksReceivedData { get; set; } = true;

    /// <summary>Time from the connection to the end of the handshake, TLS included. A peer that needs longer is cut off.</summary>
    /// <value>Default 5 s. Range 10 ms to 5 min.</value>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an ended stream waits for its peer to take notice before the connection is cut.</summary>
    /// <value>Default 5 s. Range 10 ms to 5 min.</value>
    public TimeSpan EndTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Clock of the times above.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal long BodyBytesMax => MessageBytesMax ?? ArrowAllocator.MaxAllocation;

    internal IpcReadOptions ToIpcOptions() => new()
    {
        Allocator = Allocator,
        MaxBodyBytes = BodyBytesMax,
        MaxMetadataBytes = MetadataBytesMax,
        MaxDictionaryBytes = BodyBytesMax,
        Validate = ChecksReceivedData,
    };

    internal virtual void Validate()
    {
        ArgumentNullException.ThrowIfNull(Allocator);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        Check(BodyBytesMax, MessageBytesMinLimit, ArrowAllocator.MaxAllocation, nameof(MessageBytesMax));
        Check(MetadataBytesMax, MetadataBytesMinLimit, 1024 * 1024 * 1024, nameof(MetadataBytesMax));
        Check(HandshakeTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5), nameof(HandshakeTimeout));
        Check(EndTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5), nameof(EndTimeout));
    }

    /// <summary>Refuses a value outside of its range.</summary>
    private protected static void Check<T>(T value, T min, T max, string name)
        where T : IComparable<T>
    {
        if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(ExchangeOptions)}.{name} must be {min} to {max}.");
        }
    }
}
