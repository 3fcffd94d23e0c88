using System.Threading.Channels;
using Google.Protobuf;
using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;
using NpgsqlTypes;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>
/// The rows of a table of PostgreSQL, then what happens to it, from a replication slot of the job's own: no change is lost or comes twice. The event time is that of the commit.
/// </summary>
/// <remarks>
/// A checkpoint holds the end of the last whole transaction and how many changes of the next one are out; the server gives the same ones again. The server may let go of what
/// is before the oldest checkpoint that is needed. The rows that are there at the start are read as they were when the slot was made; no checkpoint is taken before they
/// are all out, so that a start that breaks off there begins with a new slot.
/// </remarks>
/// <param name="config">Which table, by which slot.</param>
public sealed class PostgresSource(PostgresSourceConfig config) : StreamSource
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "postgres_source";

    private const int BatchRows = 1_000;
    private const int ChangesMax = 4 * BatchRows;
    private const int PlacesMax = 1_000;
    private static readonly byte[] Key = "p"u8.ToArray();
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<long, ulong> _places = [];
    private IGlobalTable? _table;
    private PostgresSourceState? _state;
    private PostgresRows? _rows;
    private NpgsqlConnectionStringBuilder? _connection;
    private LogicalReplicationConnection? _replication;
    private int _serverProcessId;
    private long _skipCount;

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Table.Length == 0 || config.Slot.Length == 0 || config.Publication.Length == 0 || context.OutputSchema is not { Fields.Count: > 1 } schema || schema.Fields[^1].Name != EventTime.Column)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The PostgreSQL source '{context.OperatorId}' needs a table, a slot, a publication, and columns with the event time behind them.");
        }

        _table = await context.State.OpenGlobalAsync("p", 1, cancellationToken);
        if (context.SubtaskIndex > 0)
        {
            return;
        }

        _connection = PostgresNames.Connection(config.Connection, context.OperatorId);
        _rows = new PostgresRows(config.Table, schema, context.Allocator, config.Metadata);
        if (_table.TryGet(Key, out var stored))
        {
            _state = PostgresSourceState.Parser.ParseFrom(stored.Span);
            _skipCount = _state.ChangeCount;
        }
    }

    /// <inheritdoc/>
    public override async Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Operator.SubtaskIndex > 0)
        {
            return SourceEnd.Final;
        }

        try
        {
            await OpenAsync(context, cancellationToken);
            return await FollowAsync(context, cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresNames.Failed($"Source '{context.Operator.OperatorId}' cannot read table {config.Table} by slot '{config.Slot}'", exception);
        }
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(barrier);
        if (_state is { } state)
        {
            _table!.Put(Key, state.ToByteArray());
            _places[barrier.Epoch] = state.Lsn;
            Release(barrier.MinEpoch);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_replication is { } replication)
        {
            _replication = null;
            await replication.DisposeAsync();
        }

        _rows?.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>What no checkpoint needs any more, the server may let go of.</summary>
    private void Release(long minEpoch)
    {
        ulong? free = null;
        foreach (var (epoch, lsn) in _places.ToList())
        {
            if (epoch <= minEpoch || _places.Count > PlacesMax)
            {
                free = epoch <= minEpoch ? lsn : free;
                _places.Remove(epoch);
            }
        }

        if (free is { } place)
        {
            _replication?.SetReplicationStatus(new NpgsqlLogSequenceNumber(place));
        }
    }

    private async Task OpenAsync(SourceContext context, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(_connection!.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        var slot = new PostgresSlot(connection);
        if (_rows!.GivesChanges)
        {
            await slot.RequireWholeRowsAsync(config.Table, cancellationToken);
        }

        await slot.WaitUntilFreeAsync(config.Slot, context.Operator.Clock, cancellationToken);
        _replication = new LogicalReplicationConnection(_connection.ConnectionString) { WalReceiverStatusInterval = StatusInterval };
        await _replication.Open(cancellationToken);
        _serverProcessId = _replication.ProcessID;
        if (_state is { } state)
        {
            await slot.RequireAsync(config.Slot, state.Lsn, cancellationToken);
            return;
        }

        await slot.EnsurePublicationAsync(config.Publication, config.Table, cancellationToken);
        var confirmed = await slot.ConfirmedAsync(config.Slot, cancellationToken);
        if (confirmed is not null && config.HasNoSnapshot)
        {
            _state = new PostgresSourceState { Lsn = confirmed.Value };
            return;
        }

        if (confirmed is not null)
        {
            // Of a start that broke off before its first checkpoint.
            await slot.DropAsync(config.Slot, cancellationToken);
        }

        var made = await MakeSlotAsync(slot, cancellationToken);
        var begin = new PostgresSourceState { Lsn = (ulong)made.ConsistentPoint };
        if (!config.HasNoSnapshot)
        {
            begin.TimeMicros = await new PostgresSnapshot(connection, config.Table, _rows).ReadAsync(made.SnapshotName!, begin.Lsn, context, cancellationToken);
        }

        _state = begin;
    }

    private async Task<PgOutputReplicationSlot> MakeSlotAsync(PostgresSlot slot, CancellationToken cancellationToken)
    {
        var mode = config.HasNoSnapshot ? LogicalSlotSnapshotInitMode.NoExport : LogicalSlotSnapshotInitMode.Export;
        try
        {
            return await _replication!.CreatePgOutputReplicationSlot(config.Slot, temporarySlot: false, mode, cancellationToken: cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or NpgsqlException { InnerException: TimeoutException } && !cancellationToken.IsCancellationRequested)
        {
            throw await slot.BeginsTooLateAsync(config.Slot, _replication!.CommandTimeout, exception, cancellationToken);
        }
    }

    private async Task<SourceEnd> FollowAsync(SourceContext context, CancellationToken cancellationToken)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var changes = Channel.CreateBounded<PostgresChange>(ChangesMax);
        var reading = PumpAsync(changes.Writer, closing.Token);
        try
        {
            while (true)
            {
                var arrival = changes.Reader.WaitToReadAsync(cancellationToken).AsTask();
                if (await context.WaitForAsync(arrival, cancellationToken) is { } end)
                {
                    return end;
                }

                if (!await arrival)
                {
                    await reading;
                    throw new FlowException(FlowErrorCode.StoreUnavailable, $"The server ended the replication of slot '{config.Slot}'.");
                }

                while (_rows!.HeldRowCount < BatchRows && changes.Reader.TryRead(out var change))
                {
                    Take(change);
                }

                await EmitAsync(context, cancellationToken);
            }
        }
        finally
        {
            await closing.CancelAsync();
            await new PostgresReaderEnd(_connection!, context.Operator.Clock).WaitAsync(reading, _serverProcessId);
        }
    }

    private async Task PumpAsync(ChannelWriter<PostgresChange> changes, CancellationToken cancellationToken)
    {
        try
        {
            await new PostgresChangeReader(_replication!, config.Table, _rows!.Names).ReadAsync(config.Slot, config.Publication, _state!.Lsn, changes, cancellationToken);
        }
        finally
        {
            changes.TryComplete();
        }
    }

    private void Take(PostgresChange change)
    {
        var state = _state!;
        if (change.Kind == PostgresChangeKind.Commit)
        {
            (state.Lsn, state.ChangeCount, _skipCount) = (change.EndLsn, 0, 0);
            return;
        }

        if (_skipCount > 0)
        {
            _skipCount--;
            return;
        }

        state.ChangeCount++;

        // Commits come in the order of the log, whose times may go back a little.
        state.TimeMicros = Math.Max(state.TimeMicros, change.TimeMicros);
        if (change.Kind == PostgresChangeKind.Insert)
        {
            _rows!.Add(change.New, isRetract: false, state.TimeMicros, new PostgresOrigin(change.Lsn, change.TransactionId, change.TimeMicros));
        }
        else if (!_rows!.GivesChanges)
        {
            if (!config.SkipsChanges)
            {
                throw new FlowException(
                    FlowErrorCode.BadInput, $"Table {config.Table} was changed by {Name(change.Kind)}, and its rows only come here. Read it with format = 'debezium_json', or pass such changes over with on_change = 'skip'.");
            }
        }
        else if (change.Old.Length == 0)
        {
            throw new FlowException(
                FlowErrorCode.Unsupported, $"Table {config.Table} was changed by {Name(change.Kind)}, which does not tell the rows that are gone. Rows are deleted by DELETE, with REPLICA IDENTITY FULL.");
        }
        else
        {
            _rows.Add(change.Old, isRetract: true, state.TimeMicros);
            if (change.Kind == PostgresChangeKind.Update)
            {
                _rows.Add(change.New, isRetract: false, state.TimeMicros);
            }
        }
    }

    private static string Name(PostgresChangeKind kind) => kind switch { PostgresChangeKind.Update => "UPDATE", PostgresChangeKind.Delete => "DELETE", _ => "TRUNCATE" };

    private async ValueTask EmitAsync(SourceContext context, CancellationToken cancellationToken)
    {
        if (_rows!.HeldRowCount > 0)
        {
            await context.EmitAsync(_rows.Build(), cancellationToken);
        }
    }
}
