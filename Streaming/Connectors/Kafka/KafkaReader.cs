using System.Collections.Concurrent;
using System.Threading.Channels;
using Confluent.Kafka;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>Reads the partitions of a topic that one subtask has, and looks for new ones. It belongs to no group, so that nobody takes a partition away.</summary>
internal sealed class KafkaReader : IDisposable
{
    // The library's threads add, the reading takes: what is more than so much is dropped.
    private const int ProblemsMax = 16;
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LostFor = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan TellInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DefaultDiscovery = TimeSpan.FromSeconds(30);

    private readonly KafkaSourceConfig _config;
    private readonly string _id;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _discovery;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly IAdminClient _admin;
    private readonly ConcurrentQueue<Error> _problems = new();
    private readonly HashSet<int> _partitions = [];
    private long? _lostAt;
    private long? _toldAt;

    public KafkaReader(KafkaSourceConfig config, string operatorId, TimeProvider clock)
    {
        (_config, _id, _clock) = (config, operatorId, clock);
        _discovery = config.DiscoveryMicros > 0 ? TimeSpan.FromMicroseconds(config.DiscoveryMicros) : DefaultDiscovery;
        var properties = new ConsumerConfig(KafkaClients.Properties(config.Client, operatorId))
        {
            // The library wants a name, also where nothing is told to a group.
            GroupId = config.Group.Length > 0 ? config.Group : $"orleansflow-{operatorId}",
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Error,
            IsolationLevel = config.ReadsUncommitted ? IsolationLevel.ReadUncommitted : IsolationLevel.ReadCommitted,
            AllowAutoCreateTopics = false,
        };
        properties.QueuedMaxMessagesKbytes ??= 16 << 10;
        _consumer = KafkaClients.Make(operatorId, config.Client, () => new ConsumerBuilder<byte[], byte[]>(properties).SetErrorHandler((_, error) => Meet(error)).SetLogHandler(static (_, _) => { }).Build());
        _admin = new DependentAdminClientBuilder(_consumer.Handle).Build();
    }

    private string What => $"Source '{_id}' cannot read topic '{_config.Client.Topic}'";

    /// <summary>The partitions of the topic.</summary>
    /// <exception cref="FlowException">There is no such topic, or no broker answers.</exception>
    public Task<IReadOnlyList<int>> ListAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyList<int>>(() =>
    {
        var topic = _admin.GetMetadata(_config.Client.Topic, KafkaClients.AnswerTimeout).Topics.Single();
        return topic.Error.IsError ? throw new KafkaException(topic.Error) : [.. topic.Partitions.Select(partition => partition.PartitionId).Order()];
    }, cancellationToken);

    /// <summary>Where a job that begins reads a partition first: an offset, which stays the same when the job begins again.</summary>
    public Task<long> BeginAsync(int partition, KafkaStart start, CancellationToken cancellationToken) => AskAsync(() =>
    {
        var place = new TopicPartition(_config.Client.Topic, partition);
        if (start == KafkaStart.Group && _consumer.Committed([place], KafkaClients.AnswerTimeout).Single().Offset is { IsSpecial: false } committed)
        {
            return committed.Value;
        }

        var ends = _consumer.QueryWatermarkOffsets(place, KafkaClients.AnswerTimeout);
        return start == KafkaStart.Latest ? ends.High.Value : ends.Low.Value;
    }, cancellationToken);

    /// <summary>Reads until it is cancelled.</summary>
    /// <param name="offsets">Where each partition is read from, of those that are known.</param>
    /// <param name="isMine">Whether the subtask has a partition.</param>
    /// <param name="arrivals">Where records go; it is bounded, and waits.</param>
    /// <param name="cancellationToken">The source ends.</param>
    public async Task ReadAsync(IReadOnlyDictionary<int, long> offsets, Func<int, bool> isMine, ChannelWriter<KafkaArrival> arrivals, CancellationToken cancellationToken)
    {
        _consumer.Assign(offsets.Select(one => new TopicPartitionOffset(_config.Client.Topic, one.Key, one.Value)));
        _partitions.UnionWith(offsets.Keys);
        var lookedAt = _clock.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_clock.GetElapsedTime(lookedAt) >= _discovery)
            {
                await DiscoverAsync(isMine, arrivals, cancellationToken);
                lookedAt = _clock.GetTimestamp();
            }

            var record = Next(TimeSpan.Zero) ?? await Task.Run(() => Next(PollTime), cancellationToken);
            await TellAsync(arrivals, cancellationToken);
            if (record is not null)
            {
                _lostAt = null;
                var time = record.Message.Timestamp is { Type: not TimestampType.NotAvailable } stamp ? stamp.UnixTimestampMs : _clock.GetUtcNow().ToUnixTimeMilliseconds();
                await arrivals.WriteAsync(new KafkaArrival(record.Partition, record.Offset + 1, time * 1_000, record.Message.Key, record.Message.Value) { Headers = record.Message.Headers }, cancellationToken);
            }
        }
    }

    /// <summary>Tells the group where the source stands. Nothing depends on it, so that a failure is no more than a problem.</summary>
    public async Task CommitAsync(IReadOnlyDictionary<int, long> offsets, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => _consumer.Commit(offsets.Select(one => new TopicPartitionOffset(_config.Client.Topic, one.Key, one.Value))), cancellationToken);
        }
        catch (KafkaException exception)
        {
            Meet(exception.Error);
        }
    }

    public void Dispose()
    {
        _admin.Dispose();
        _consumer.Dispose();
    }

    private async Task DiscoverAsync(Func<int, bool> isMine, ChannelWriter<KafkaArrival> arrivals, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> known;
        try
        {
            known = await ListAsync(cancellationToken);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.StoreUnavailable)
        {
            // The next look may go well; whether records come is watched elsewhere.
            await arrivals.WriteAsync(new KafkaArrival(-1, 0, 0, null, null, exception), cancellationToken);
            return;
        }

        foreach (var partition in known)
        {
            if (isMine(partition) && _partitions.Add(partition))
            {
                // It came while the job ran, so that all of it is new.
                var begin = await BeginAsync(partition, KafkaStart.Earliest, cancellationToken);
                await arrivals.WriteAsync(new KafkaArrival(partition, begin, 0, null, null), cancellationToken);
                _consumer.IncrementalAssign([new TopicPartitionOffset(_config.Client.Topic, partition, begin)]);
            }
        }
    }

    private ConsumeResult<byte[], byte[]>? Next(TimeSpan atMost)
    {
        try
        {
            return _consumer.Consume(atMost);
        }
        catch (ConsumeException exception) when (!exception.Error.IsFatal && !KafkaClients.IsRefusal(exception.Error) && exception.Error.Code is not (ErrorCode.OffsetOutOfRange or ErrorCode.Local_AutoOffsetReset))
        {
            Meet(exception.Error);
            return null;
        }
        catch (ConsumeException exception)
        {
            throw KafkaClients.Failed(What, exception.Error, exception);
        }
    }

    /// <summary>Problems end the job when time does not help, or when no broker has been there for long; else they are told now and then.</summary>
    private async ValueTask TellAsync(ChannelWriter<KafkaArrival> arrivals, CancellationToken cancellationToken)
    {
        while (_problems.TryDequeue(out var error))
        {
            if (error.IsFatal || KafkaClients.IsRefusal(error))
            {
                throw KafkaClients.Failed(What, error);
            }

            if (error.Code == ErrorCode.Local_AllBrokersDown)
            {
                _lostAt ??= _clock.GetTimestamp();
            }

            if (_toldAt is null || _clock.GetElapsedTime(_toldAt.Value) >= TellInterval)
            {
                _toldAt = _clock.GetTimestamp();
                await arrivals.WriteAsync(new KafkaArrival(-1, 0, 0, null, null, KafkaClients.Failed(What, error)), cancellationToken);
            }
        }

        if (_lostAt is { } lost && _clock.GetElapsedTime(lost) >= LostFor)
        {
            // An idle topic brings nothing either: the brokers are asked before the job fails.
            await ListAsync(cancellationToken);
            _lostAt = null;
        }
    }

    private void Meet(Error error)
    {
        if (_problems.Count < ProblemsMax)
        {
            _problems.Enqueue(error);
        }
    }

    private async Task<T> AskAsync<T>(Func<T> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(ask, cancellationToken);
        }
        catch (KafkaException exception)
        {
            throw KafkaClients.Failed(What, exception.Error, exception);
        }
    }
}
