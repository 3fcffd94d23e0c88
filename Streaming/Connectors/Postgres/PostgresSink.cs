using System.Buffers;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Npgsql;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>Adds rows to a table of PostgreSQL, each exactly once.</summary>
/// <remarks>
/// Rows go to a staging table as they come, in a part for each epoch; the checkpoint names the parts. The commit moves a part to its table by one statement, which deletes and
/// inserts together, so that repeating it changes nothing. A failure before the commit: the restored sink moves what its checkpoint names, and removes what none knows.
/// </remarks>
/// <param name="config">Which table, and which columns.</param>
public sealed class PostgresSink(PostgresSinkConfig config) : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "postgres_sink";

    // Of a part whose barrier has not come.
    private const long NoEpoch = -1;

    private NpgsqlDataSource? _server;
    private IGlobalTable? _table;
    private RowEncoder? _encoder;
    private readonly ArrayBufferWriter<byte> _lines = new();
    private PostgresSinkState _state = new();
    private PostgresPart? _open;
    private string _id = "";
    private string _run = "";
    private long _nextNumber;

    /// <inheritdoc/>
    public override bool IsCommitting => true;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> CommitData => _state.Staged.Count == 0 ? default : _state.ToByteArray();

    private string Staging => PostgresNames.QuoteTable(config.StagingTable);

    private string Columns => string.Join(", ", config.Columns.Select(PostgresNames.Quote));

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Table.Length == 0 || config.StagingTable.Length == 0 || config.Columns.Count == 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The PostgreSQL sink '{context.OperatorId}' needs a table, a staging table and columns.");
        }

        _id = context.OperatorId;
        _server = NpgsqlDataSource.Create(PostgresNames.Connection(config.Connection, _id));
        _table = await context.State.OpenGlobalAsync("p", 1, cancellationToken);
        _state = new PostgresSinkState { SubtaskIndex = context.SubtaskIndex };
        _run = string.Create(CultureInfo.InvariantCulture, $"{context.Clock.GetUtcNow().UtcTicks:x}");
        await AskedAsync(() => MakeStagingAsync(cancellationToken), cancellationToken);
        foreach (var (key, value) in _table.Entries.ToList())
        {
            var state = PostgresSinkState.Parser.ParseFrom(value.Span);
            if (state.SubtaskIndex % context.Parallelism == context.SubtaskIndex)
            {
                await AskedAsync(() => CommitAsync(state, long.MaxValue, cancellationToken), cancellationToken);
                if (state.SubtaskIndex != context.SubtaskIndex)
                {
                    _table.Remove(key.Span);
                }
            }
        }

        await AskedAsync(() => ExecuteAsync(
            $"DELETE FROM {Staging} WHERE flow_sink = $1 AND flow_subtask % $2 = $3", cancellationToken, _id, context.Parallelism, context.SubtaskIndex), cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var owned = batch;
        _encoder ??= EncoderOf(batch.Schema);
        if (_open is null)
        {
            _open = new PostgresPart { Epoch = NoEpoch, Name = string.Create(CultureInfo.InvariantCulture, $"{_run}-{_nextNumber++}") };
            _state.Staged.Add(_open);
        }

        Encode(batch, _open.Name);
        await AskedAsync(() => CopyAsync(cancellationToken), cancellationToken);
        _open.RowCount += batch.RowCount;
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(barrier);
        if (_open is { } part)
        {
            part.Epoch = barrier.Epoch;
            _open = null;
        }

        _table!.Put(BitConverter.GetBytes(_state.SubtaskIndex), _state.ToByteArray());
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask CommitAsync(long epoch, ReadOnlyMemory<byte> commitData, CancellationToken cancellationToken)
    {
        var state = commitData.IsEmpty ? _state : PostgresSinkState.Parser.ParseFrom(commitData.Span);
        var names = state.Staged.Where(part => part.Epoch != NoEpoch).Select(part => part.Name).ToHashSet(StringComparer.Ordinal);
        await AskedAsync(() => CommitAsync(state, commitData.IsEmpty ? epoch : long.MaxValue, cancellationToken), cancellationToken);
        foreach (var part in _state.Staged.Where(part => names.Contains(part.Name) && !commitData.IsEmpty).ToList())
        {
            _state.Staged.Remove(part);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _encoder?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private RowEncoder EncoderOf(ArrowSchema input)
    {
        if (input.Fields.Count < config.Columns.Count)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The PostgreSQL sink '{_id}' of {config.Columns.Count} columns ({Columns}) gets ({input}).");
        }

        return RowFormats.Encoder(
            new FormatConfig { Kind = FormatKind.Csv, CsvHasNoHeader = true }, new ArrowSchema([.. config.Columns.Select((name, place) => new ArrowField(name, input.Fields[place].Type, input.Fields[place].IsNullable))]));
    }

    /// <summary>Writes lines of CSV; whose rows they are comes first in each.</summary>
    private void Encode(RecordBatch batch, string part)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\"{_id.Replace("\"", "\"\"", StringComparison.Ordinal)}\",{_state.SubtaskIndex},{part},"));
        using var rows = batch.Select([.. Enumerable.Range(0, config.Columns.Count)]);
        _lines.ResetWrittenCount();
        for (var row = 0; row < rows.RowCount; row++)
        {
            _lines.Write(head);
            _encoder!.Encode(rows, row, _lines);
            _lines.Write("\n"u8);
        }
    }

    private async Task MakeStagingAsync(CancellationToken cancellationToken)
    {
        // Subtasks do so at once, which the server does not take well: one after the other.
        await using var connection = await _server!.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var turn = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtext($1))", connection) { Parameters = { new() { Value = config.StagingTable } } })
        {
            await turn.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var make = new NpgsqlCommand(
            $"CREATE TABLE IF NOT EXISTS {Staging} AS SELECT ''::text AS flow_sink, 0 AS flow_subtask, ''::text AS flow_part, {Columns} FROM {PostgresNames.QuoteTable(config.Table)} WITH NO DATA", connection))
        {
            await make.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var index = new NpgsqlCommand($"CREATE INDEX IF NOT EXISTS {PostgresNames.Quote(PostgresNames.Split(config.StagingTable).Name + "_part")} ON {Staging} (flow_sink, flow_subtask, flow_part)", connection))
        {
            await index.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private async Task CopyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _server!.OpenConnectionAsync(cancellationToken);
        await using var copy = await connection.BeginTextImportAsync($"COPY {Staging} (flow_sink, flow_subtask, flow_part, {Columns}) FROM STDIN (FORMAT csv)", cancellationToken);
        await copy.WriteAsync(Encoding.UTF8.GetString(_lines.WrittenSpan).AsMemory(), cancellationToken);
    }

    private async Task CommitAsync(PostgresSinkState state, long epoch, CancellationToken cancellationToken)
    {
        foreach (var part in state.Staged.Where(part => part.Epoch != NoEpoch && part.Epoch <= epoch).ToList())
        {
            await ExecuteAsync(
                $"WITH moved AS (DELETE FROM {Staging} WHERE flow_sink = $1 AND flow_subtask = $2 AND flow_part = $3 RETURNING {Columns}) INSERT INTO {PostgresNames.QuoteTable(config.Table)} ({Columns}) SELECT {Columns} FROM moved",
                cancellationToken,
                _id,
                state.SubtaskIndex,
                part.Name);
            state.Staged.Remove(part);
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = _server!.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task AskedAsync(Func<Task> ask, CancellationToken cancellationToken)
    {
        try
        {
            await ask();
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw PostgresNames.Failed($"Sink '{_id}' cannot write table {config.Table}", exception);
        }
    }
}
