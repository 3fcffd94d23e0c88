using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors.Kafka;

/// <summary>Writes rows to a topic of Kafka: at least once, or each exactly once.</summary>
/// <remarks>
/// At least once: rows go as they come, and a barrier waits until all of them were taken. Exactly once: the rows of an epoch are held, and are part of its checkpoint; the commit
/// writes them in one transaction. A sink that is restored writes those that its checkpoint holds and that have not been, so that no failure loses or doubles one.
/// </remarks>
/// <param name="config">Which topic, and how.</param>
public sealed class KafkaSink(KafkaSinkConfig config) : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "kafka_sink";

    /// <summary>Bytes of rows that a subtask holds for its commit, when nothing else is said.</summary>
    public const long DefaultHeldBytesMax = 64L << 20;

    // Of a part whose barrier has not come.
    private const long NoEpoch = -1;

    // What a record costs beside its bytes.
    private const int RecordBytes = 64;

    private readonly long _heldBytesMax = config.HeldBytesMax > 0 ? config.HeldBytesMax : DefaultHeldBytesMax;
    private KafkaSinkState _state = new();
    private KafkaTransactions? _transactions;
    private KafkaWriter? _writer;
    private KafkaRecords? _records;
    private IGlobalTable? _table;
    private KafkaPart? _open;
    private TimeProvider _clock = TimeProvider.System;
    private string _id = "";
    private long _heldBytes;
    private long _lastSequence;

    /// <summary>Told of the group and the number of each transaction that is complete. For tests: the broker of librdkafka forgets the offsets of transactions, so that a test keeps them for it.</summary>
    internal Action<string, long>? Committed { get; init; }

    /// <inheritdoc/>
    public override bool IsCommitting => config.IsExactlyOnce;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> CommitData => _state.Parts.Count == 0 ? default : new KafkaCommit { SubtaskIndex = _state.SubtaskIndex, Sequence = _state.Parts[^1].Sequence }.ToByteArray();

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Client is not { Servers.Length: > 0, Topic.Length: > 0 } || (config.IsExactlyOnce && config.TransactionalId.Length == 0))
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The Kafka sink '{context.OperatorId}' needs servers, a topic, and a transactional id if it is exactly once.");
        }

        (_id, _clock) = (context.OperatorId, context.Clock);
        _state = new KafkaSinkState { SubtaskIndex = context.SubtaskIndex };
        if (!config.IsExactlyOnce)
        {
            _writer = new KafkaWriter(config.Client, _id, transactionalId: null);
            return;
        }

        _table = await context.State.OpenGlobalAsync("p", 1, cancellationToken);
        _transactions = new KafkaTransactions(config, _id, context.SubtaskIndex, _clock, Committed);
        _lastSequence = await _transactions.OpenAsync(cancellationToken);
        foreach (var (key, value) in _table.Entries.ToList())
        {
            var state = KafkaSinkState.Parser.ParseFrom(value.Span);
            if (state.SubtaskIndex % context.Parallelism == context.SubtaskIndex)
            {
                await ReplayAsync(state, cancellationToken);
                _table.Remove(key.Span);
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var owned = batch;
        _records ??= new KafkaRecords(config, batch.Schema, _id);
        for (var row = 0; row < batch.RowCount; row++)
        {
            if (_records.Make(batch, row) is not { } record)
            {
                continue;
            }

            if (_writer is not null)
            {
                await _writer.SendAsync(record, cancellationToken);
            }
            else
            {
                Hold(record);
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(barrier);
        if (_writer is not null)
        {
            await _writer.DrainAsync(cancellationToken);
            return;
        }

        if (_open is { } part)
        {
            part.Epoch = barrier.Epoch;
            _open = null;
        }

        var key = BitConverter.GetBytes(_state.SubtaskIndex);
        if (_state.Parts.Count > 0)
        {
            _table!.Put(key, _state.ToByteArray());
        }
        else
        {
            _table!.Remove(key);
        }
    }

    /// <inheritdoc/>
    public override ValueTask OnEndAsync(IOperatorOutput output, CancellationToken cancellationToken) => _writer?.DrainAsync(cancellationToken) ?? ValueTask.CompletedTask;

    /// <inheritdoc/>
    public override async ValueTask CommitAsync(long epoch, ReadOnlyMemory<byte> commitData, CancellationToken cancellationToken)
    {
        if (_transactions is null)
        {
            return;
        }

        // What other runs and other subtasks held was written at the start.
        var commit = commitData.IsEmpty ? null : KafkaCommit.Parser.ParseFrom(commitData.Span);
        var parts = commit is null ? _state.Parts.Where(part => part.Epoch != NoEpoch && part.Epoch <= epoch).ToList()
            : commit.SubtaskIndex == _state.SubtaskIndex ? _state.Parts.Where(part => part.Epoch != NoEpoch && part.Sequence <= commit.Sequence).ToList() : [];
        if (parts.Count == 0)
        {
            return;
        }

        await _transactions.WriteAsync(parts, cancellationToken);
        foreach (var part in parts)
        {
            _state.Parts.Remove(part);
            _heldBytes -= part.Records.Sum(SizeOf);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _records?.Dispose();
        if (_transactions is not null)
        {
            await _transactions.DisposeAsync();
        }

        if (_writer is { } writer)
        {
            _writer = null;
            await Task.Run(writer.Dispose);
        }

        await base.DisposeAsync();
    }

    private async Task ReplayAsync(KafkaSinkState state, CancellationToken cancellationToken)
    {
        var parts = state.Parts.Where(part => part.Epoch != NoEpoch).ToList();
        if (state.SubtaskIndex == _state.SubtaskIndex)
        {
            await _transactions!.WriteAsync(parts, cancellationToken);
            _lastSequence = parts.Select(part => part.Sequence).Append(_lastSequence).Max();
            return;
        }

        await using var others = new KafkaTransactions(config, _id, state.SubtaskIndex, _clock, Committed);
        await others.WriteAsync(parts, cancellationToken);
    }

    private void Hold(KafkaRecord record)
    {
        if (_open is null)
        {
            // Higher than each before, also of a run whose state is lost: one after the last, or the time.
            _lastSequence = Math.Max(_lastSequence + 1, _clock.GetUtcNow().ToUnixTimeMilliseconds());
            _open = new KafkaPart { Epoch = NoEpoch, Sequence = _lastSequence };
            _state.Parts.Add(_open);
        }

        _open.Records.Add(record);
        _heldBytes += SizeOf(record);
        if (_heldBytes > _heldBytesMax)
        {
            throw new FlowException(
                FlowErrorCode.LimitExceeded,
                $"Sink '{_id}' holds more than {_heldBytesMax} bytes of rows for the commit of their checkpoint. Take checkpoints more often, raise sink.transaction_max_bytes, or write with sink.commit_mode = 'at_least_once'.");
        }
    }

    private static long SizeOf(KafkaRecord record) => record.Key.Length + record.Value.Length + RecordBytes;
}
