using System.Threading.Channels;
using Google.Protobuf;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Connectors.Streams;

/// <summary>A stream of a source, and where the source stands in it. Not thread-safe.</summary>
/// <param name="name">Which stream.</param>
/// <param name="key">Its key in the source's state.</param>
/// <param name="position">Where the source stood.</param>
internal sealed class OrleansLane(EventStreamName name, byte[] key, OrleansPosition position)
{
    private object? _reached;
    private bool _isChanged;

    public EventStreamName Name => name;

    public byte[] Key => key;

    public OrleansPosition Position => position;

    public IEventSubscription? Subscription { get; set; }

    /// <summary>Events of this run.</summary>
    public long Count { get; private set; }

    /// <summary>An event was taken.</summary>
    public void Reach(object? token)
    {
        _reached = token;
        Count++;
    }

    /// <summary>No more follow.</summary>
    public void End() => (position.IsDone, _isChanged) = (true, true);

    /// <summary>Brings the position up to what was reached.</summary>
    /// <returns>Whether it changed.</returns>
    public bool TryNote()
    {
        if (_reached is { } token && Subscription is { IsRewindable: true } subscription)
        {
            // Only with a barrier, since a place is made bytes for that alone.
            position.Token = ByteString.CopyFrom(subscription.PositionOf(token).Span);
            _isChanged = true;
        }

        _reached = null;
        var isChanged = _isChanged;
        _isChanged = false;
        return isChanged;
    }
}

/// <summary>Something that came of a stream: an event, its end, or a failure.</summary>
internal readonly record struct OrleansArrival(OrleansLane Lane, ReadOnlyMemory<byte> Record, object? Token, bool IsEnd = false, Exception? Failure = null, bool IsGap = false);

/// <summary>Puts what comes of a stream into the source's queue. Called by the runtime.</summary>
internal sealed class OrleansReceiver(OrleansLane lane, ChannelWriter<OrleansArrival> arrivals, CancellationToken closing) : IEventReceiver
{
    public ValueTask TakeAsync(ReadOnlyMemory<byte> record, object? token) => arrivals.WriteAsync(new OrleansArrival(lane, record, token), closing);

    public ValueTask EndAsync() => arrivals.WriteAsync(new OrleansArrival(lane, default, null, IsEnd: true), closing);

    public ValueTask FailAsync(Exception failure, bool isGap) => arrivals.WriteAsync(new OrleansArrival(lane, default, null, Failure: failure, IsGap: isGap), closing);
}
