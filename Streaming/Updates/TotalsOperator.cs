using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Updates;

/// <summary>Aggregates rows by key without a window, and gives out what changes in the results, once a second and before each checkpoint. What is kept is in the table <c>a</c>.</summary>
public sealed class TotalsOperator : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "totals";

    // More keys than these do not wait for the second to pass.
    private const int FreshKeysMax = 262_144;

    // Keys go when they are too old by this part of the time that they are kept.
    private const int ExpiryParts = 16;

    private readonly Func<ArrowAllocator, KeyTotals> _make;
    private readonly int _keyCount;
    private readonly long _ttlMicros;
    private KeyTotals? _totals;
    private IRowTable? _table;
    private long _watermarkMicros = long.MinValue;
    private long? _expiredMicros;

    private TotalsOperator(Func<ArrowAllocator, KeyTotals> make, int keyCount, long ttlMicros) => (_make, _keyCount, _ttlMicros) = (make, keyCount, ttlMicros);

    /// <summary>Makes one from a program.</summary>
    /// <param name="definition">Its place in the program; the schemas of its input and output have to be there.</param>
    /// <param name="config">What it is told.</param>
    /// <exception cref="FlowException">The config does not fit the rows (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static TotalsOperator Create(OperatorDefinition definition, TotalsConfig config)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(config);
        try
        {
            var input = definition.InputSchemas is [{ } only, ..] ? only : throw new ArgumentException("the program does not say what rows come in");
            var output = definition.OutputSchema ?? throw new ArgumentException("the program does not say what rows come out");
            if (config.KeyColumns.Count == 0 || config.TtlMicros < 1 || output.Fields.Count != config.KeyColumns.Count + config.Aggregates.Count + 2)
            {
                throw new ArgumentException($"{config.KeyColumns.Count} keys and {config.Aggregates.Count} aggregates make no ({output}) that is kept for {config.TtlMicros} us");
            }

            KeyTotals Make(ArrowAllocator allocator) => MakeOf(input, config, output, definition.Id, allocator);

            // Once for its checks.
            Make(ArrowAllocator.Default);
            return new TotalsOperator(Make, config.KeyColumns.Count, config.TtlMicros);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"Totals operator '{definition.Id}': {exception.Message}", exception);
        }
    }

    /// <summary>Whether the types are such that it can be made.</summary>
    internal static bool IsSupported(ArrowSchema input, TotalsConfig config, ArrowSchema output)
    {
        try
        {
            MakeOf(input, config, output, "", ArrowAllocator.Default);
            return true;
        }
        catch (NotSupportedException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override TimeSpan? TickInterval => TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _totals = _make(context.Allocator);
        _totals.Memory = context.Memory.Open();
        var options = new RowTableOptions { Kind = TableKind.Keyed, Schema = _totals.LogSchema, KeyColumns = [.. Enumerable.Range(0, _keyCount)] };
        _table = await context.State.OpenRowsAsync("a", options, cancellationToken);
        await foreach (var rows in _table.RestoreAsync(cancellationToken))
        {
            using (rows)
            {
                await _totals.RestoreAsync(rows, cancellationToken);
            }
        }

        await _totals.FinishRestoreAsync(cancellationToken);
        _watermarkMicros = context.RestoredWatermarkMicros ?? long.MinValue;
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using (batch)
        {
            await _totals!.AddAsync(batch, cancellationToken);
        }

        if (_totals.FreshCount >= FreshKeysMax)
        {
            await FlushAsync(output, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken) => FlushAsync(output, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (watermark.IsEnd)
        {
            await FlushAsync(output, cancellationToken);
        }
        else if (!watermark.IsIdle)
        {
            // The end is no moment of event time: keys that are left by then are not too old.
            _watermarkMicros = Math.Max(_watermarkMicros, watermark.EventTimeMicros);
        }

        await output.EmitWatermarkAsync(watermark, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        await FlushAsync(output, cancellationToken);
        var log = new List<RecordBatch>();
        _totals!.TakeChanged(log);
        log.ForEach(_table!.Append);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _totals?.Dispose();
        return base.DisposeAsync();
    }

    private static KeyTotals MakeOf(ArrowSchema input, TotalsConfig config, ArrowSchema output, string id, ArrowAllocator allocator)
    {
        int[] keys = [.. config.KeyColumns.Select(column => (int)column)];
        var time = EventTime.IndexIn(input, id);
        List<AggregateSpec> specs =
        [
            .. config.Aggregates.Select((aggregate, place) => WindowOperator.SpecOf(input, aggregate, output.Fields[keys.Length + place].Type)),
            new(AggregateKind.Max, time, input.Fields[time].Type, input.Fields[time].Type),
            new(AggregateKind.Count, null, null, ArrowType.Int64),
        ];
        return new KeyTotals(keys, [.. keys.Select(key => input.Fields[key].Type)], specs, output, allocator);
    }

    private async ValueTask FlushAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        await EmitAsync(_totals!.ChangeAsync(cancellationToken), output, cancellationToken);
        if (_watermarkMicros >= long.MinValue + _ttlMicros)
        {
            var cutoff = _watermarkMicros - _ttlMicros;
            if (_expiredMicros is not { } expired || cutoff - expired >= Math.Max(1, _ttlMicros / ExpiryParts))
            {
                await EmitAsync(_totals.ExpireAsync(cutoff, cancellationToken), output, cancellationToken);
                _expiredMicros = cutoff;
            }
        }
    }

    private static async ValueTask EmitAsync(IAsyncEnumerable<RecordBatch> changes, IOperatorOutput output, CancellationToken cancellationToken)
    {
        await foreach (var change in changes)
        {
            await output.EmitAsync(change, cancellationToken);
        }
    }
}
