using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors.Redis;

/// <summary>
/// Writes rows to Redis. Strings and hashes are written as rows come, and all of them before a checkpoint counts: a row that comes again writes the same. Rows of lists wait in lists of
/// their own, which their commit moves to the end of the real one in a single step of the server, and which are not there for a second commit.
/// </summary>
/// <param name="config">Where to, and how rows are written.</param>
public sealed class RedisSink(RedisSinkConfig config) : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "redis_sink";

    private const int WritesMax = 10_000;
    private const int BytesMax = 10 << 20;

    private readonly RedisWrites _writes = new(config);
    private RedisSinkCommit _uncommitted = new();
    private RedisClient? _client;
    private RedisRows? _rows;
    private IGlobalTable? _table;
    private TimeProvider _clock = TimeProvider.System;
    private string _id = "";
    private int _subtask;

    /// <inheritdoc/>
    public override TimeSpan? TickInterval => TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public override bool IsCommitting => config.Target == RedisTarget.List;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> CommitData => _uncommitted.Parts.Count == 0 ? default : _uncommitted.ToByteArray();

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Endpoint is null || (config.KeyPrefix.Length == 0 && config.KeyColumn.Length == 0))
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The Redis sink '{context.OperatorId}' needs an endpoint, and a key or its column.");
        }

        (_clock, _id, _subtask) = (context.Clock, context.OperatorId, context.SubtaskIndex);
        _client = new RedisClient(config.Endpoint, _id);
        if (!IsCommitting)
        {
            return;
        }

        // What the restored checkpoint holds counts, whether or not its commit was heard of.
        _table = await context.State.OpenGlobalAsync("p", 1, cancellationToken);
        foreach (var (key, value) in _table.Entries.ToList())
        {
            var subtask = BitConverter.ToInt32(key.Span);
            if (subtask % context.Parallelism == _subtask)
            {
                await MoveAsync(RedisSinkCommit.Parser.ParseFrom(value.Span), cancellationToken);
                if (subtask != _subtask)
                {
                    _table.Remove(key.Span);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var owned = batch;
        _rows ??= new RedisRows(config, batch.Schema, _id);
        for (var row = 0; row < batch.RowCount; row++)
        {
            _writes.Add(_rows, batch, row);
            if (_writes.Count >= WritesMax || _writes.Bytes >= BytesMax)
            {
                await FlushAsync(cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(barrier);
        await FlushAsync(cancellationToken);
        _uncommitted.Parts.AddRange(_writes.TakeParts(barrier.Epoch));
        _table?.Put(BitConverter.GetBytes(_subtask), _uncommitted.ToByteArray());
    }

    /// <inheritdoc/>
    public override ValueTask OnEndAsync(IOperatorOutput output, CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask CommitAsync(long epoch, ReadOnlyMemory<byte> commitData, CancellationToken cancellationToken)
    {
        var commit = new RedisSinkCommit();
        commit.Parts.AddRange(commitData.IsEmpty ? _uncommitted.Parts.Where(part => part.Epoch <= epoch) : RedisSinkCommit.Parser.ParseFrom(commitData.Span).Parts);
        await MoveAsync(commit, cancellationToken);
        var moved = commit.Parts.Select(part => part.StagedKey).ToHashSet();
        var left = _uncommitted.Parts.Where(part => !moved.Contains(part.StagedKey));
        _uncommitted = new RedisSinkCommit { Parts = { left } };
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _rows?.Dispose();
        if (_client is { } client)
        {
            _client = null;
            await client.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_writes.Count > 0)
        {
            // All of them again when one fails: each key is written at its last value, or where its rows wait anew.
            await _client!.AskAgainAsync(_writes.WriteAsync, _clock, cancellationToken);
            _writes.Clear();
        }
    }

    private async ValueTask MoveAsync(RedisSinkCommit commit, CancellationToken cancellationToken)
    {
        // One behind the other, as rows of a list keep their order.
        foreach (var part in commit.Parts)
        {
            await _client!.AskAgainAsync(database => RedisWrites.MoveAsync(config, database, part), _clock, cancellationToken);
        }
    }
}
