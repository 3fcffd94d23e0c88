using System.Globalization;
using Confluent.Kafka;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>Writes parts of rows to a topic, each once, whoever repeats it. One caller at a time.</summary>
/// <remarks>
/// A transaction of Kafka dies with its producer, so that none can wait for a checkpoint. Here each is short: it holds the rows of parts, and the number of the last one as the
/// "offset" of a group that nobody else uses. Both are there or neither. Whoever repeats a commit first takes the id of the transactions over, which shuts an earlier process
/// out, and then reads the number: parts up to it have been written.
/// </remarks>
/// <param name="config">Which topic.</param>
/// <param name="operatorId">Whose.</param>
/// <param name="subtaskIndex">Whose parts: those that a subtask of this number held.</param>
/// <param name="clock">Waits between two tries.</param>
/// <param name="committed">Told of the group and the number of each transaction that is complete; null: nobody is.</param>
internal sealed class KafkaTransactions(KafkaSinkConfig config, string operatorId, int subtaskIndex, TimeProvider clock, Action<string, long>? committed) : IAsyncDisposable
{
    private const int AttemptsMax = 5;
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);

    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"{config.TransactionalId}-{operatorId}-{subtaskIndex}");
    private KafkaWriter? _writer;
    private IConsumer<byte[], byte[]>? _group;
    private long _sequence = -1;

    private string What => $"Sink '{operatorId}' cannot write topic '{config.Client.Topic}' by transactions '{_name}'";

    /// <summary>Takes the transactions over, and says which part was the last to be written; -1: none.</summary>
    public async Task<long> OpenAsync(CancellationToken cancellationToken)
    {
        await TriedAsync(() => ConnectAsync(cancellationToken), cancellationToken);
        return _sequence;
    }

    /// <summary>Writes those of the parts that have not been.</summary>
    public Task WriteAsync(IReadOnlyList<KafkaPart> parts, CancellationToken cancellationToken) => TriedAsync(async () =>
    {
        await ConnectAsync(cancellationToken);
        var left = parts.Where(part => part.Sequence > _sequence).ToList();
        if (left.Count == 0)
        {
            return;
        }

        var last = left.Max(part => part.Sequence);
        var producer = _writer!.Producer;
        await Task.Run(producer.BeginTransaction, cancellationToken);
        foreach (var part in left)
        {
            foreach (var record in part.Records)
            {
                await _writer.SendAsync(record, cancellationToken);
            }
        }

        await _writer.DrainAsync(cancellationToken);
        await Task.Run(
            () =>
            {
                producer.SendOffsetsToTransaction([new TopicPartitionOffset(config.Client.Topic, 0, last)], _group!.ConsumerGroupMetadata, KafkaClients.AnswerTimeout);
                producer.CommitTransaction(KafkaClients.AnswerTimeout);
            },
            cancellationToken);
        _sequence = last;
        committed?.Invoke(_name, last);
    }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        var (writer, group) = (_writer, _group);
        (_writer, _group) = (null, null);
        await Task.Run(() =>
        {
            writer?.Dispose();
            group?.Dispose();
        });
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        if (_writer is not null)
        {
            return;
        }

        var properties = new ConsumerConfig(KafkaClients.Properties(config.Client, operatorId)) { GroupId = _name, EnableAutoCommit = false, IsolationLevel = IsolationLevel.ReadCommitted };
        _group = KafkaClients.Make(operatorId, config.Client, () => new ConsumerBuilder<byte[], byte[]>(properties).SetErrorHandler(static (_, _) => { }).SetLogHandler(static (_, _) => { }).Build());
        var writer = new KafkaWriter(config.Client, operatorId, _name);
        try
        {
            // In this order: from the first on nobody else commits, so that the number stays.
            await Task.Run(() => writer.Producer.InitTransactions(KafkaClients.AnswerTimeout), cancellationToken);
            var marked = await Task.Run(() => _group.Committed([new TopicPartition(config.Client.Topic, 0)], KafkaClients.AnswerTimeout).Single().Offset, cancellationToken);
            _sequence = marked.IsSpecial ? -1 : marked.Value;
            _writer = writer;
        }
        finally
        {
            if (_writer is null)
            {
                await Task.Run(writer.Dispose, CancellationToken.None);
            }
        }
    }

    /// <summary>What failed is begun anew with a new producer, which sees whether it had come about after all.</summary>
    private async Task TriedAsync(Func<Task> ask, CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            FlowException failure;
            try
            {
                await ask();
                return;
            }
            catch (KafkaException exception)
            {
                failure = IsFenced(exception.Error)
                    ? new FlowException(FlowErrorCode.StoreUnavailable, $"{What}: another process has taken them over. Two jobs need two values of transactional_id.", exception)
                    : KafkaClients.Failed(What, exception.Error, exception);
                await DisposeAsync();
                if (IsFenced(exception.Error))
                {
                    throw failure;
                }
            }
            catch (FlowException exception)
            {
                failure = exception;
                await DisposeAsync();
            }

            if (failure.Code != FlowErrorCode.StoreUnavailable || failures >= AttemptsMax)
            {
                throw failure;
            }

            await Task.Delay(FirstBackoff * Math.Pow(2, failures - 1), clock, cancellationToken);
        }
    }

    private static bool IsFenced(Error error) => error.Code is ErrorCode.Local_Fenced or ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch;
}
