using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Flight;

/// <summary>Memory of one side of Flight. Read once when a client or a service is made.</summary>
public sealed class FlightOptions
{
    /// <summary>Smallest limit of a message, in bytes.</summary>
    public const int MessageBytesMinLimit = 64 * 1024;

    /// <summary>The limit that is none: the longest that one buffer can be, 2 GiB - 64.</summary>
    public const int NoMessageLimit = (int)ArrowAllocator.MaxAllocation;

    /// <summary>
    /// Largest message accepted, in bytes: one record batch. Larger: each stream may hold as much memory. What is sent has no limit here; the
    /// receiver's decides. The limits of the channel and of the server are for the protocol's other messages.
    /// </summary>
    /// <value>Default 256 MiB. Range 64 KiB to <see cref="NoMessageLimit"/>.</value>
    public int MessageBytesMax { get; set; } = 256 * 1024 * 1024;

    /// <summary>Where received bodies are kept.</summary>
    /// <value>Default <see cref="ArrowAllocator.Pooled"/>.</value>
    public ArrowAllocator Allocator { get; set; } = ArrowAllocator.Pooled;

    /// <summary>
    /// Whether offsets and text of received batches are checked, which costs time by the row. Without it a peer that sends
    /// broken data can make this process read outside of its memory: only between processes that trust each other.
    /// </summary>
    /// <value>Default true.</value>
    public bool ChecksReceivedData { get; set; } = true;

    internal IpcReadOptions ToIpcOptions() => new()
    {
        Allocator = Allocator,
        MaxBodyBytes = MessageBytesMax,
        MaxMetadataBytes = MessageBytesMax,
        Validate = ChecksReceivedData,
    };

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Allocator);
        if (MessageBytesMax is < MessageBytesMinLimit or > NoMessageLimit)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MessageBytesMax),
                MessageBytesMax,
                $"{nameof(FlightOptions)}.{nameof(MessageBytesMax)} must be {MessageBytesMinLimit} to {NoMessageLimit} bytes.");
        }
    }
}
