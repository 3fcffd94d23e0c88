using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Connectors.Streams;

namespace OrleansFlow.Tests.Streaming.Connectors.Streams;

/// <summary>
/// Streams in memory that keep all events, as a provider that can be rewound without end; the place of an event is its number. Those of Orleans themselves are tried in
/// Tests/Silo/EventStreams.
/// </summary>
internal sealed class StreamLog : IEventStreams
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<byte[]?>> _streams = new(StringComparer.Ordinal);
    private readonly List<Reader> _readers = [];

    /// <summary>Numbers of events that are no longer kept.</summary>
    public int Dropped { get; set; }

    /// <summary>What is thrown by the next call that publishes.</summary>
    public Exception? Problem { get; set; }

    /// <summary>Subscriptions that were not ended.</summary>
    public int Open => _readers.Count(static reader => !reader.IsEnded);

    /// <summary>All events of a stream.</summary>
    public List<string> Of(string key)
    {
        lock (_gate)
        {
            return [.. (_streams.GetValueOrDefault(key) ?? []).OfType<byte[]>().Select(Encoding.UTF8.GetString)];
        }
    }

    public IEnumerable<string> Keys => _streams.Keys;

    /// <summary>Adds events; a null is the end of the stream.</summary>
    public void Add(string key, params IEnumerable<string?> events)
    {
        lock (_gate)
        {
            if (!_streams.TryGetValue(key, out var stream))
            {
                _streams[key] = stream = [];
            }

            stream.AddRange(events.Select(one => one is null ? null : Encoding.UTF8.GetBytes(one)));
        }
    }

    public Task<IEventSubscription> SubscribeAsync(EventStreamName stream, ReadOnlyMemory<byte> behind, IEventReceiver receiver, CancellationToken cancellationToken)
    {
        var reader = new Reader(this, stream.Key, behind.IsEmpty ? 0 : BitConverter.ToInt32(behind.Span) + 1, receiver);
        _readers.Add(reader);
        return Task.FromResult<IEventSubscription>(reader);
    }

    public Task PublishAsync(EventStreamName stream, IReadOnlyList<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken)
    {
        if (Problem is { } problem)
        {
            Problem = null;
            throw problem;
        }

        Assert.Equal(("p", "ns", "bytes"), (stream.Provider, stream.Namespace, stream.Event));
        Add(stream.Key, records.Select(record => Encoding.UTF8.GetString(record.Span)));
        return Task.CompletedTask;
    }

    private sealed class Reader : IEventSubscription
    {
        private readonly StreamLog _log;
        private readonly string _key;
        private readonly IEventReceiver _receiver;
        private readonly Task _reading;

        public Reader(StreamLog log, string key, int next, IEventReceiver receiver)
        {
            (_log, _key, _receiver) = (log, key, receiver);
            _reading = ReadAsync(next);
        }

        public bool IsEnded { get; private set; }

        public bool IsRewindable => true;

        public ReadOnlyMemory<byte> PositionOf(object token) => BitConverter.GetBytes((int)token);

        public async ValueTask DisposeAsync()
        {
            IsEnded = true;

            // What waits for room when the source ends is cancelled.
            await Record.ExceptionAsync(() => _reading);
        }

        private async Task ReadAsync(int next)
        {
            await Task.Yield();
            if (next < _log.Dropped)
            {
                next = _log.Dropped;
                await _receiver.FailAsync(new InvalidOperationException("gone"), isGap: true);
            }

            for (; !IsEnded && TryGet(next, out var record); next++)
            {
                await (record is null ? _receiver.EndAsync() : _receiver.TakeAsync(record, next));
            }
        }

        private bool TryGet(int number, out byte[]? record)
        {
            lock (_log._gate)
            {
                var stream = _log._streams.GetValueOrDefault(_key) ?? throw new FlowException(FlowErrorCode.NotFound, _key);
                record = number < stream.Count ? stream[number] : null;
                return number < stream.Count;
            }
        }
    }
}
