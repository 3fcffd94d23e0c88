using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>The records of a topic of Kafka. The event time is that of the record. Partition p is read by subtask p modulo their number, at any parallelism.</summary>
/// <remarks>
/// The next offset of each partition is part of each checkpoint, also of one that brought nothing yet: where a job begins is decided once. A group is only told where the source
/// stands; it divides nothing. Partitions that come later are read from their beginning.
/// </remarks>
/// <param name="config">Which topic, from where.</param>
public sealed class KafkaSource(KafkaSourceConfig config) : StreamSource
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "kafka_source";

    private const int ArrivalsMax = 1_000;
    private const int BatchRows = 1_000;

    private readonly Dictionary<int, long> _offsets = [];
    private IGlobalTable? _table;
    private KafkaReader? _reader;
    private KafkaRows? _rows;
    private BadRecords? _bad;
    private IReadOnlyDictionary<int, long>? _checkpointed;
    private Action<BadRecordException>? _refuse;
    private KafkaArrival _current;
    private Task _telling = Task.CompletedTask;

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Client is not { Servers.Length: > 0, Topic.Length: > 0 } || config.Format is null || context.OutputSchema is not { Fields.Count: > 1 } schema || schema.Fields[^1].Name != EventTime.Column)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The Kafka source '{context.OperatorId}' needs servers, a topic, a format, and columns with the event time behind them.");
        }

        _table = await context.State.OpenGlobalAsync("k", 1, cancellationToken);
        _reader = new KafkaReader(config, context.OperatorId, context.Clock);
        _rows = new KafkaRows(context.OperatorId, config, schema, context.Allocator);
        _bad = new BadRecords(context.OperatorId, config.Format.DropsBadData, context.Clock);

        // A partition that a restored job does not know came after its checkpoint.
        var start = _table.Count > 0 ? KafkaStart.Earliest : config.Start;
        foreach (var partition in await _reader.ListAsync(cancellationToken))
        {
            if (partition % context.Parallelism == context.SubtaskIndex)
            {
                _offsets[partition] = _table.TryGet(BitConverter.GetBytes(partition), out var stored)
                    ? BitConverter.ToInt64(stored.Span)
                    : await _reader.BeginAsync(partition, start, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_offsets.Count == 0)
        {
            await context.EmitWatermarkAsync(Watermark.Idle, cancellationToken);
        }

        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var arrivals = Channel.CreateBounded<KafkaArrival>(new BoundedChannelOptions(ArrivalsMax) { SingleReader = true, SingleWriter = true });
        var (index, parallelism) = (context.Operator.SubtaskIndex, context.Operator.Parallelism);
        var reading = PumpAsync(new Dictionary<int, long>(_offsets), partition => partition % parallelism == index, arrivals.Writer, closing.Token);
        try
        {
            while (true)
            {
                var arrival = arrivals.Reader.WaitToReadAsync(cancellationToken).AsTask();
                if (await context.WaitForAsync(arrival, cancellationToken) is { } end)
                {
                    return end;
                }

                if (!await arrival)
                {
                    // It ends by an error alone.
                    await reading;
                }

                await GiveAsync(context, arrivals.Reader, cancellationToken);
            }
        }
        finally
        {
            await closing.CancelAsync();

            // Its outcome was seen above, or nobody asks for it any more. The client is let go of only then.
            await Task.WhenAll(reading, _telling).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        foreach (var (partition, offset) in _offsets)
        {
            _table!.Put(BitConverter.GetBytes(partition), BitConverter.GetBytes(offset));
        }

        if (config.Group.Length > 0 && _telling.IsCompleted)
        {
            // The checkpoint before this one is complete, or was given up: a group is never told of more than what is out.
            if (_checkpointed is { Count: > 0 } offsets)
            {
                _telling = _reader!.CommitAsync(offsets, cancellationToken);
            }

            _checkpointed = new Dictionary<int, long>(_offsets);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_reader is { } reader)
        {
            _reader = null;

            // Closing a client waits for its threads.
            await Task.Run(reader.Dispose);
        }

        _rows?.Dispose();
        await base.DisposeAsync();
    }

    private async Task PumpAsync(IReadOnlyDictionary<int, long> offsets, Func<int, bool> isMine, ChannelWriter<KafkaArrival> arrivals, CancellationToken cancellationToken)
    {
        try
        {
            await _reader!.ReadAsync(offsets, isMine, arrivals, cancellationToken);
        }
        finally
        {
            arrivals.TryComplete();
        }
    }

    /// <summary>Gives out what has come. Behind it the offsets and the rows agree, so that a checkpoint may be taken.</summary>
    private async ValueTask GiveAsync(SourceContext context, ChannelReader<KafkaArrival> arrivals, CancellationToken cancellationToken)
    {
        Exception? problem = null;
        while (_rows!.HeldRowCount < BatchRows && arrivals.TryRead(out var arrival))
        {
            if (arrival.Problem is not null)
            {
                problem = arrival.Problem;
                continue;
            }

            _offsets[arrival.Partition] = arrival.NextOffset;
            if (arrival.Value is not null)
            {
                _current = arrival;
                _rows.Add(arrival, _refuse ??= Refuse);
            }
        }

        if (problem is not null)
        {
            await context.Operator.ReportErrorAsync(problem, cancellationToken);
        }

        await _bad!.TellAsync(context.Operator.ReportErrorAsync, cancellationToken);
        if (_rows.Build() is { } batch)
        {
            await context.EmitAsync(batch, cancellationToken);
        }
    }

    private void Refuse(BadRecordException bad) => _bad!.Meet($"offset {_current.NextOffset - 1} of partition {_current.Partition} of topic '{config.Client.Topic}'", bad);
}
