using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Updates;

/// <summary>
/// Keeps the rows of one or two inputs, and gives out what changes in what they make together: aggregates without a window, joins without one. What is kept
/// is in the tables <c>left</c> and <c>right</c>, or <c>input</c>.
/// </summary>
/// <remarks>
/// The rows lie in tables of the local engine. Rows that come are collected for a second; then the engine computes what the rows of their keys made before and make
/// now, and the difference goes out. What only comes, and is never taken back, goes out before each watermark, so that windows may be behind it.
/// </remarks>
public sealed class ChangesOperator : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "changes";

    // More rows than these do not wait for the second to pass.
    private const int CollectedRowsMax = 65_536;

    // Rows go when they are too old by this part of the time that they are kept.
    private const int ExpiryParts = 16;

    private const int SubtaskBits = 16;

    private readonly SqlEngine _engine;
    private readonly string _id;
    private readonly ChangesConfig _config;
    private readonly ArrowSchema[] _inputs;
    private readonly ArrowSchema _output;
    private readonly ChangesText _text;
    private readonly List<RecordBatch>[] _collected;
    private readonly IRowTable[] _tables;
    private readonly ArrowSchema[] _logs;
    private readonly PreparedStatement[] _logReads;
    private OperatorContext? _context;
    private OperatorSession? _session;
    private PreparedStatement? _difference;
    private int _collectedCount;
    private long _watermarkMicros = long.MinValue;
    private long? _expiredMicros;

    /// <summary>Makes one from a program.</summary>
    /// <param name="definition">Its place in the program; the schemas of its inputs and output have to be there.</param>
    /// <param name="config">What it is told.</param>
    /// <param name="engine">Where its texts run; stays the caller's.</param>
    /// <exception cref="FlowException">The config does not fit the rows (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public ChangesOperator(OperatorDefinition definition, ChangesConfig config, EngineInstance engine)
        : this(definition, config, new SqlEngine(engine ?? throw new ArgumentNullException(nameof(engine)), null))
    {
    }

    internal ChangesOperator(OperatorDefinition definition, ChangesConfig config, SqlEngine engine)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(config);
        (_engine, _id, _config) = (engine, definition.Id, config);
        var sides = config.Inputs.Count;
        if (sides is not (1 or 2) || definition.InputSchemas.Count < sides || config.TtlMicros < 1)
        {
            throw Bad($"{sides} inputs are set and {definition.InputSchemas.Count} come in, and rows are kept for {config.TtlMicros} us; there are one or two, and it is at least 1 us");
        }

        if (config.IsAppendOnly && (sides == 1 || config.Inputs.Any(input => input.IsUpdating)))
        {
            throw Bad("only two inputs that take no rows back make rows that are not taken back");
        }

        _inputs = [.. Enumerable.Range(0, sides).Select(side => OperatorSession.Numbered(definition.InputSchemas[side] ?? throw Bad("the program does not say what rows come in")))];
        _output = definition.OutputSchema ?? throw Bad("the program does not say what rows come out");
        _text = new ChangesText(config, [.. _inputs.Select((input, side) => input.Fields.Count - CarriedBy(side))]);
        (_collected, _tables, _logs, _logReads) = ([.. _inputs.Select(_ => new List<RecordBatch>())], new IRowTable[sides], new ArrowSchema[sides], new PreparedStatement[sides]);
    }

    /// <inheritdoc/>
    public override TimeSpan? TickInterval => TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        _session = await OperatorSession.OpenAsync(_engine, _id, cancellationToken);
        for (var side = 0; side < _inputs.Length; side++)
        {
            await _session.SetAsync(ChangesText.New(side), _inputs[side], [], cancellationToken);
            await _session.ExecuteAsync(_text.Create(side), cancellationToken);
            await OpenAsync(side, context, cancellationToken);
        }

        _watermarkMicros = context.RestoredWatermarkMicros ?? long.MinValue;
        await _session.ExecuteAsync(_config.IsAppendOnly ? _text.Append(null) : _text.Apply(null), cancellationToken);
        _difference = await _session.PrepareAsync(_text.Difference(_output.Fields.Count - (_config.IsAppendOnly ? 1 : 2)), _output, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using (batch)
        {
            var side = _inputs.Length == 1 ? 0 : _context!.InputSides[input];
            _collected[side].Add(OperatorSession.Renamed(batch, _inputs[side]));
            _collectedCount += batch.RowCount;
        }

        return _collectedCount >= CollectedRowsMax ? FlushAsync(output, cancellationToken) : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken) => FlushAsync(output, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_config.IsAppendOnly || watermark.IsEnd)
        {
            await FlushAsync(output, cancellationToken);
        }

        // The end is no moment of event time: rows that are left by then are not too old.
        _watermarkMicros = watermark.IsIdle || watermark.IsEnd ? _watermarkMicros : Math.Max(_watermarkMicros, watermark.EventTimeMicros);
        await output.EmitWatermarkAsync(watermark, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(barrier);
        await FlushAsync(output, cancellationToken);
        await _session!.ExecuteAsync(_text.Save((barrier.Epoch << SubtaskBits) | (uint)_context!.SubtaskIndex), cancellationToken);
        for (var side = 0; side < _tables.Length; side++)
        {
            await foreach (var rows in _session.QueryAsync(_logReads[side], _logs[side], cancellationToken))
            {
                using (rows)
                {
                    _tables[side].Append(WithHash(rows, side));
                }
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        Drop();
        if (_session is { } session)
        {
            await session.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private async ValueTask FlushAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        var cutoff = Cutoff();
        if (_collectedCount == 0 && (cutoff is null || _config.IsAppendOnly))
        {
            return;
        }

        for (var side = 0; side < _inputs.Length; side++)
        {
            await _session!.SetAsync(ChangesText.New(side), _inputs[side], _collected[side], cancellationToken);
        }

        Drop();
        await _session!.ExecuteAsync(_config.IsAppendOnly ? _text.Append(cutoff) : _text.Apply(cutoff), cancellationToken);
        _expiredMicros = cutoff ?? _expiredMicros;
        for (var side = 0; side < _inputs.Length; side++)
        {
            await _session.SetAsync(ChangesText.New(side), _inputs[side], [], cancellationToken);
        }

        await foreach (var rows in _session.QueryAsync(_difference!, _output, cancellationToken))
        {
            await output.EmitAsync(rows, cancellationToken);
        }
    }

    /// <summary>Before which rows are too old, when enough time has passed to look for them.</summary>
    private long? Cutoff()
    {
        if (_watermarkMicros < long.MinValue + _config.TtlMicros)
        {
            return null;
        }

        var cutoff = _watermarkMicros - _config.TtlMicros;
        return _expiredMicros is not { } expired || cutoff - expired >= Math.Max(1, _config.TtlMicros / ExpiryParts) ? cutoff : null;
    }

    private async ValueTask OpenAsync(int side, OperatorContext context, CancellationToken cancellationToken)
    {
        var log = ChangesText.Log(side);
        _logReads[side] = await _session!.PrepareAsync($"FROM {log}", cancellationToken);
        var columns = (await _logReads[side].DescribeAsync(cancellationToken)).Result!;
        var count = columns.Fields.Count;
        _logs[side] = new ArrowSchema([.. columns.Fields.Take(count - 1), new ArrowField(RowTableOptions.DeletedColumn, ArrowType.Boolean)]);
        var options = new RowTableOptions
        {
            Kind = TableKind.Keyed,
            Schema = new ArrowSchema([.. _logs[side].Fields, new ArrowField("_hash", ArrowType.UInt64, isNullable: false)]),
            KeyColumns = [count - 3, count - 2],
            HashColumn = count,
        };
        _tables[side] = await context.State.OpenRowsAsync(_inputs.Length == 1 ? "input" : side == 0 ? "left" : "right", options, cancellationToken);
        var isAny = false;
        await foreach (var rows in _tables[side].RestoreAsync(cancellationToken))
        {
            using (rows)
            using (var plain = rows.Select([.. Enumerable.Range(0, count)]))
            {
                await _session.InsertAsync(log, plain, cancellationToken);
                isAny = true;
            }
        }

        if (isAny)
        {
            await _session.ExecuteAsync(ChangesText.Restore(side), cancellationToken);
        }
    }

    /// <summary>Rows of the log with the hash by which they were sent here.</summary>
    private RecordBatch WithHash(RecordBatch rows, int side)
    {
        var hashes = new ulong[rows.RowCount];
        if (_config.Inputs[side].KeyColumns.Count > 0)
        {
            RowHash.Compute(rows, [.. _config.Inputs[side].KeyColumns.Select(column => (int)column)], hashes);
        }

        using var builder = new UInt64Builder(_context!.Allocator);
        builder.AppendRange(hashes);
        ArrowArray[] columns = [.. rows.Columns.Select(column => column.Retain()), builder.Build()];
        return new RecordBatch(new ArrowSchema([.. _logs[side].Fields, new ArrowField("_hash", ArrowType.UInt64, isNullable: false)]), columns, rows.RowCount);
    }

    private int CarriedBy(int side) => _config.Inputs[side].IsUpdating ? 2 : 1;

    private void Drop()
    {
        foreach (var collected in _collected)
        {
            collected.ForEach(static rows => rows.Dispose());
            collected.Clear();
        }

        _collectedCount = 0;
    }

    private FlowException Bad(string problem) => new(FlowErrorCode.BadGraph, $"Changes operator '{_id}': {problem}.");
}
