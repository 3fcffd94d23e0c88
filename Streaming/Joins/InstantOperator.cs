using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Joins;

/// <summary>
/// Asks the local engine for what rows of one or two inputs make together, once the watermark has passed their event time: joins and functions of rows that
/// windows gave out. What waits is in the tables <c>left</c> and <c>right</c>, or <c>input</c>.
/// </summary>
/// <remarks>
/// Rows that belong together have one event time, so whatever the watermark has passed is complete, and one text over all of it gives the answer of each
/// window by itself.
/// </remarks>
public sealed class InstantOperator : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "instant";

    private readonly SqlEngine _engine;
    private readonly string _id;
    private readonly InstantConfig _config;
    private readonly ArrowSchema[] _inputs;
    private readonly ArrowSchema _output;
    private readonly PendingRows?[] _pending;
    private readonly IRowTable[] _tables;
    private readonly List<RecordBatch>[] _due;
    private IReadOnlyList<int> _sides = [];
    private OperatorSession? _session;
    private PreparedStatement? _statement;
    private long _watermarkMicros = long.MinValue;

    /// <summary>Makes one from a program.</summary>
    /// <param name="definition">Its place in the program; the schemas of its inputs and output have to be there.</param>
    /// <param name="config">What it is told.</param>
    /// <param name="engine">Where its text runs; stays the caller's.</param>
    /// <exception cref="FlowException">The config does not fit the rows (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public InstantOperator(OperatorDefinition definition, InstantConfig config, EngineInstance engine)
        : this(definition, config, new SqlEngine(engine ?? throw new ArgumentNullException(nameof(engine)), null))
    {
    }

    internal InstantOperator(OperatorDefinition definition, InstantConfig config, SqlEngine engine)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(config);
        (_engine, _id, _config) = (engine, definition.Id, config);
        var sides = config.Inputs.Count;
        if (sides is not (1 or 2) || definition.InputSchemas.Count < sides)
        {
            throw Bad($"{sides} inputs are set and {definition.InputSchemas.Count} come in; there are one or two");
        }

        _inputs = new ArrowSchema[sides];
        for (var side = 0; side < sides; side++)
        {
            var schema = definition.InputSchemas[side] ?? throw Bad("the program does not say what rows come in");
            if (EventTime.IndexIn(schema, _id) != schema.Fields.Count - 1)
            {
                throw Bad("the event time has to be the last column");
            }

            _inputs[side] = OperatorSession.Numbered(schema);
        }

        _output = definition.OutputSchema ?? throw Bad("the program does not say what rows come out");
        (_pending, _tables, _due) = (new PendingRows?[sides], new IRowTable[sides], new List<RecordBatch>[sides]);
    }

    /// <summary>Rows that came when the watermark had passed them.</summary>
    public long LateRowCount { get; private set; }

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _sides = context.InputSides;
        _session = await OperatorSession.OpenAsync(_engine, _id, cancellationToken);
        for (var side = 0; side < _inputs.Length; side++)
        {
            var time = _inputs[side].Fields.Count - 1;
            _due[side] = [];
            _pending[side] = new PendingRows(time, context.Allocator, context.Memory.Open());
            _tables[side] = await context.State.OpenRowsAsync(NameOf(side), TableOf(side, time), cancellationToken);
            await foreach (var rows in _tables[side].RestoreAsync(cancellationToken))
            {
                _pending[side]!.Add(OperatorSession.Renamed(rows, _inputs[side]), isSaved: true);
                rows.Dispose();
                await _pending[side]!.MakeRoomAsync(cancellationToken);
            }

            await _session.SetAsync(ViewOf(side), _inputs[side], [], cancellationToken);
        }

        // The table keeps whole files: rows that had come out by then are among them where a file has later ones, too.
        _watermarkMicros = context.RestoredWatermarkMicros ?? long.MinValue;
        _statement = await _session.PrepareAsync(_config.Sql, _output, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using (batch)
        {
            var side = _inputs.Length == 1 ? 0 : _sides[input];
            LateRowCount += _pending[side]!.AddInTime(OperatorSession.Renamed(batch, _inputs[side]), _watermarkMicros);
            await _pending[side]!.MakeRoomAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!watermark.IsIdle && watermark.EventTimeMicros > _watermarkMicros)
        {
            _watermarkMicros = watermark.EventTimeMicros;
            await AskAsync(output, cancellationToken);
        }

        await output.EmitWatermarkAsync(watermark, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        for (var side = 0; side < _tables.Length; side++)
        {
            _pending[side]!.Save(_tables[side]);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        foreach (var pending in _pending)
        {
            pending?.Dispose();
        }

        if (_session is { } session)
        {
            await session.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    /// <summary>The view of a side in texts.</summary>
    public static string ViewOf(int side) => side == 0 ? "input0" : "input1";

    private async ValueTask AskAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        try
        {
            var isAny = false;
            for (var side = 0; side < _due.Length; side++)
            {
                _pending[side]!.TakeBefore(_watermarkMicros, _due[side]);
                isAny |= _due[side].Count > 0;
            }

            if (!isAny)
            {
                return;
            }

            for (var side = 0; side < _due.Length; side++)
            {
                await _session!.SetAsync(ViewOf(side), _inputs[side], _due[side], cancellationToken);
            }

            await foreach (var rows in _session!.QueryAsync(_statement!, _output, cancellationToken))
            {
                await output.EmitAsync(rows, cancellationToken);
            }

            for (var side = 0; side < _due.Length; side++)
            {
                await _session.SetAsync(ViewOf(side), _inputs[side], [], cancellationToken);
            }
        }
        finally
        {
            foreach (var due in _due)
            {
                due.ForEach(static rows => rows.Dispose());
                due.Clear();
            }
        }
    }

    private string NameOf(int side) => _inputs.Length == 1 ? "input" : side == 0 ? "left" : "right";

    private RowTableOptions TableOf(int side, int time) => new()
    {
        Kind = TableKind.Timed,
        Schema = _inputs[side],
        KeyColumns = [.. _config.Inputs[side].KeyColumns.Select(column => (int)column)],
        TimeColumn = time,
        Retention = TimeSpan.Zero,
    };

    private FlowException Bad(string problem) => new(FlowErrorCode.BadGraph, $"Instant operator '{_id}': {problem}.");
}
