using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Joins.Lookups;

/// <summary>Gives each row the columns of the row of another system that has its key, as it is when the row is here.</summary>
/// <remarks>
/// Several batches wait for answers at once, and leave in the order in which they came, watermarks between them. A checkpoint waits for all rows before it, so that nothing of it is
/// state: answers that were kept are asked for anew by a restored job.
/// </remarks>
internal sealed class LookupOperator : StreamOperator
{
    // The event time comes in behind the columns, and goes out behind the columns of the lookup and whether there was a row.
    private const int CarriedCount = 1;
    private const int AddedCount = 1;

    private readonly LookupDefinition _definition;
    private readonly ILookupSource _source;
    private readonly LookupBounds _bounds;
    private readonly LookupKeys _keys;
    private readonly int[] _places;
    private readonly ArrowSchema _output;
    private readonly Queue<WaitingRows> _waiting = [];
    private LookupRequests? _requests;
    private LookupCache? _cache;
    private ArrowAllocator _allocator = ArrowAllocator.Default;

    private LookupOperator(LookupDefinition definition, ILookupSource source, LookupBounds bounds, int[] places, ArrowSchema output)
    {
        (_definition, _source, _bounds, _places, _output) = (definition, source, bounds, places, output);
        _keys = new LookupKeys(places, [.. definition.Keys.Fields.Select(field => field.Type)]);
    }

    /// <summary>Rows that leave late, because nothing came behind them, leave at the next tick.</summary>
    public override TimeSpan? TickInterval => TimeSpan.FromMilliseconds(10);

    /// <summary>Makes one from a program.</summary>
    /// <exception cref="FlowException">Its columns do not fit (<see cref="FlowErrorCode.BadGraph"/>), or the source refuses.</exception>
    public static LookupOperator Create(OperatorDefinition definition, LookupConfig config, Func<LookupDefinition, ILookupSource> make)
    {
        FlowException Bad(string problem) => new(FlowErrorCode.BadGraph, $"Lookup '{definition.Id}': {problem}.");
        var input = definition.InputSchemas is [{ } only, ..] ? only : throw Bad("the program does not say what rows come in");
        var output = definition.OutputSchema ?? throw Bad("the program does not say what rows come out");
        var (before, added) = (input.Fields.Count - CarriedCount, config.ColumnNames.Count);
        if (output.Fields.Count != before + added + AddedCount + CarriedCount || config.KeyColumns.Count == 0 || config.KeyColumns.Count != config.KeyNames.Count
            || config.KeyColumns.Any(place => place >= before) || output.Fields[before + added].Type != ArrowType.Boolean)
        {
            throw Bad("its keys or columns do not fit the rows that come in and go out");
        }

        var places = config.KeyColumns.Select(place => (int)place).ToArray();
        var keys = new ArrowSchema([.. places.Select((place, i) => new ArrowField(config.KeyNames[i], input.Fields[place].Type, isNullable: false))]);
        var columns = new ArrowSchema([.. config.ColumnNames.Select((name, place) => new ArrowField(name, output.Fields[before + place].Type))]);
        var what = new LookupDefinition(definition.Id, config.Source.Memory, keys, columns);
        return new LookupOperator(what, make(what), new LookupBounds(config.Limits ?? new LookupLimits()), places, output);
    }

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _allocator = context.Allocator;
        _cache = new LookupCache(_bounds.CacheBytesMax, _bounds.CacheTtl, context.Clock);
        _requests = new LookupRequests(_source, _definition, _bounds, context.Clock);
        await _source.StartAsync(context, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _waiting.Enqueue(Ask(batch));
        await GiveReadyAsync(output, cancellationToken);

        // Each batch asks at least once, so that so many of them keep all requests busy.
        while (_waiting.Count > _bounds.InFlightMax)
        {
            await GiveFirstAsync(output, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        _waiting.Enqueue(new WaitingRows { Watermark = watermark });
        await GiveReadyAsync(output, cancellationToken);
        while (_waiting.Count > 2 * _bounds.InFlightMax)
        {
            await GiveFirstAsync(output, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken) => GiveReadyAsync(output, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken) => GiveAllAsync(output, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask OnEndAsync(IOperatorOutput output, CancellationToken cancellationToken) => GiveAllAsync(output, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_requests is { } requests)
        {
            _requests = null;
            await requests.DisposeAsync();
        }

        while (_waiting.TryDequeue(out var waiting))
        {
            foreach (var (asked, _) in waiting.Requests)
            {
                if (asked.IsCompletedSuccessfully)
                {
                    (await asked).Page.Release();
                }
            }

            waiting.Dispose();
        }

        _cache?.Dispose();
        await _source.DisposeAsync();
        await base.DisposeAsync();
    }

    private WaitingRows Ask(RecordBatch batch)
    {
        var numbers = new int[batch.RowCount];
        var (keys, firstRows) = _keys.Number(batch, numbers);
        var waiting = new WaitingRows { Batch = batch, Numbers = numbers, Keys = keys, Entries = new LookupEntry[keys.Count] };
        var missing = new List<int>();
        for (var number = 0; number < keys.Count; number++)
        {
            if (_cache!.TryGet(keys[number], out var entry))
            {
                waiting.Set(number, entry);
            }
            else
            {
                missing.Add(number);
            }
        }

        for (var first = 0; first < missing.Count; first += _bounds.RequestKeysMax)
        {
            var asked = missing.GetRange(first, Math.Min(_bounds.RequestKeysMax, missing.Count - first)).ToArray();
            var rows = Array.ConvertAll(asked, number => firstRows[number]);
            var columns = Array.ConvertAll(_places, place => ArrowTake.Take(batch.Column(place), rows, _allocator));
            waiting.Requests.Add((_requests!.AskForAsync(new RecordBatch(_definition.Keys, columns, rows.Length)), asked));
        }

        return waiting;
    }

    private async ValueTask GiveReadyAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        while (_waiting.TryPeek(out var first) && first.IsReady)
        {
            await GiveFirstAsync(output, cancellationToken);
        }
    }

    private async ValueTask GiveAllAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        while (_waiting.Count > 0)
        {
            await GiveFirstAsync(output, cancellationToken);
        }
    }

    private async ValueTask GiveFirstAsync(IOperatorOutput output, CancellationToken cancellationToken)
    {
        var first = _waiting.Peek();
        if (first.Batch is null)
        {
            _waiting.Dequeue();
            await output.EmitWatermarkAsync(first.Watermark, cancellationToken);
            return;
        }

        // A request that is taken leaves the list, so that nothing is released twice when a later one fails.
        while (first.Requests.Count > 0)
        {
            var (asked, numbers) = first.Requests[^1];
            var result = await asked.WaitAsync(cancellationToken);
            first.Requests.RemoveAt(first.Requests.Count - 1);
            for (var i = 0; i < numbers.Length; i++)
            {
                first.Set(numbers[i], new LookupEntry(result.Page, result.Rows[i]));
            }

            _cache!.Add(result.Page, Array.ConvertAll(numbers, number => first.Keys[number]), result.Rows);
            result.Page.Release();
        }

        _waiting.Dequeue();
        using (first)
        {
            await output.EmitAsync(Joined(first), cancellationToken);
        }
    }

    private RecordBatch Joined(WaitingRows waiting)
    {
        var batch = waiting.Batch!;
        using var found = waiting.Found(_definition.Columns, _allocator);
        var before = batch.ColumnCount - CarriedCount;
        var columns = new ArrowArray[_output.Fields.Count];
        for (var place = 0; place < before; place++)
        {
            columns[place] = batch.Column(place).Retain();
        }

        for (var place = 0; place < found.ColumnCount; place++)
        {
            columns[before + place] = found.Column(place).Retain();
        }

        using var isFound = new BooleanBuilder(_allocator);
        foreach (var number in waiting.Numbers)
        {
            isFound.Append(number >= 0 && waiting.Entries[number].Row >= 0);
        }

        columns[^2] = isFound.Build();
        columns[^1] = batch.Column(before).Retain();
        return new RecordBatch(_output, columns, batch.RowCount);
    }
}
