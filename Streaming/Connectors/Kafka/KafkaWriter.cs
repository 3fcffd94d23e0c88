using Confluent.Kafka;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>Writes records to a topic, some of them under way at once, in order and without doubles of its own retries. One caller at a time.</summary>
internal sealed class KafkaWriter : IDisposable
{
    private const int InFlightMax = 10_000;

    private readonly string _what;
    private readonly string _topic;
    private readonly Lock _gate = new();
    private readonly Action<DeliveryReport<byte[], byte[]>> _delivered;
    private int _inFlight;
    private int _wakeAt = -1;
    private TaskCompletionSource? _woken;
    private Error? _failure;

    /// <summary>Makes one.</summary>
    /// <param name="client">Which topic.</param>
    /// <param name="operatorId">Whose.</param>
    /// <param name="transactionalId">Of its transactions; null: it has none.</param>
    public KafkaWriter(KafkaClient client, string operatorId, string? transactionalId)
    {
        (_what, _topic, _delivered) = ($"Sink '{operatorId}' cannot write topic '{client.Topic}'", client.Topic, Delivered);
        var properties = new ProducerConfig(KafkaClients.Properties(client, operatorId)) { EnableIdempotence = true, Acks = Acks.All };
        if (transactionalId is not null)
        {
            properties.TransactionalId = transactionalId;
        }

        Producer = KafkaClients.Make(operatorId, client, () => new ProducerBuilder<byte[], byte[]>(properties).SetErrorHandler((_, error) => Meet(error)).SetLogHandler(static (_, _) => { }).Build());
    }

    public IProducer<byte[], byte[]> Producer { get; }

    /// <summary>Sends a record, when there is room. Its failure is told by a later call.</summary>
    public async ValueTask SendAsync(KafkaRecord record, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _inFlight) >= InFlightMax)
        {
            await WaitUntilAsync(InFlightMax / 2, cancellationToken);
        }

        var message = new Message<byte[], byte[]> { Key = record.HasKey ? record.Key.ToByteArray() : null!, Value = record.Value.ToByteArray() };
        if (record.TimeMillis > 0)
        {
            message.Timestamp = new Timestamp(record.TimeMillis, TimestampType.CreateTime);
        }

        while (true)
        {
            ThrowIfFailed();
            Interlocked.Increment(ref _inFlight);
            try
            {
                Producer.Produce(_topic, message, _delivered);
                return;
            }
            catch (ProduceException<byte[], byte[]> exception)
            {
                Interlocked.Decrement(ref _inFlight);
                if (exception.Error.Code != ErrorCode.Local_QueueFull)
                {
                    throw KafkaClients.Failed(_what, exception.Error, exception);
                }
            }

            // The library counts bytes, too.
            await WaitUntilAsync(Volatile.Read(ref _inFlight) / 2, cancellationToken);
        }
    }

    /// <summary>Waits until all records were taken. The library gives each up after <c>message.timeout.ms</c>.</summary>
    public ValueTask DrainAsync(CancellationToken cancellationToken) => WaitUntilAsync(0, cancellationToken);

    public void Dispose() => Producer.Dispose();

    private async ValueTask WaitUntilAsync(int atMost, CancellationToken cancellationToken)
    {
        Task woken;
        lock (_gate)
        {
            _wakeAt = atMost;
            _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            woken = _woken.Task;
            if (Volatile.Read(ref _inFlight) <= atMost)
            {
                _woken.SetResult();
            }
        }

        await woken.WaitAsync(cancellationToken);
        ThrowIfFailed();
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw KafkaClients.Failed(_what, failure);
        }
    }

    private void Delivered(DeliveryReport<byte[], byte[]> report)
    {
        if (report.Error.IsError)
        {
            Interlocked.CompareExchange(ref _failure, report.Error, null);
        }

        if (Interlocked.Decrement(ref _inFlight) <= Volatile.Read(ref _wakeAt))
        {
            lock (_gate)
            {
                _woken?.TrySetResult();
            }
        }
    }

    /// <summary>Others than these pass, or show as records that were not taken.</summary>
    private void Meet(Error error)
    {
        if (error.IsFatal || KafkaClients.IsRefusal(error))
        {
            Interlocked.CompareExchange(ref _failure, error, null);
            lock (_gate)
            {
                _woken?.TrySetResult();
            }
        }
    }
}
