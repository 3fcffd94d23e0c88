using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Windows that begin together, at multiples of the largest width, and end a step later each: what a day has come to, every hour.</summary>
internal sealed class CumulatingWindows : PanedWindows
{
    private readonly long _width;
    private readonly SortedDictionary<long, PaneGroups> _sums = [];

    /// <param name="shape">What is grouped.</param>
    /// <param name="step">From one window's end to the next one's. Above zero.</param>
    /// <param name="width">Of the largest window. A multiple of <paramref name="step"/>.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: the width is no multiple of the step.</exception>
    public CumulatingWindows(WindowShape shape, TimeSpan step, TimeSpan width, ArrowAllocator allocator)
        : base(shape, step, width, allocator)
    {
        _width = Micros(width);
        if (_width < PaneMicros || _width % PaneMicros != 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"cumulate() width {width.TotalSeconds:0.######}s has to be a multiple of step {step.TotalSeconds:0.######}s.");
        }
    }

    public override long ByteCount
    {
        get
        {
            var bytes = base.ByteCount;
            foreach (var (_, sum) in _sums)
            {
                bytes += sum.ByteCount;
            }

            return bytes;
        }
    }

    private protected override IEnumerable<PaneGroups> Held => base.Held.Concat(_sums.Values);

    public override IEnumerable<RecordBatch> Advance(long watermarkMicros)
    {
        if (watermarkMicros <= WatermarkMicros)
        {
            yield break;
        }

        for (var end = NextEnd(); end is { } due && due <= watermarkMicros; end = NextEnd())
        {
            WatermarkMicros = due;
            CloseUpTo(due);
            var start = PlaceOf(due - 1, _width);
            if (_sums.TryGetValue(start, out var sum))
            {
                foreach (var batch in EmitAll(sum, start, due))
                {
                    yield return batch;
                }

                if (due == start + _width)
                {
                    sum.Dispose();
                    _sums.Remove(start);
                }
            }
        }

        WatermarkMicros = watermarkMicros;
        CloseUpTo(watermarkMicros);
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var (_, sum) in _sums)
        {
            sum.Dispose();
        }

        _sums.Clear();
    }

    public override void FinishRestore(long? watermarkMicros)
    {
        base.FinishRestore(watermarkMicros);
        CloseUpTo(WatermarkMicros);
    }

    private protected override long LastEndOf(long pane) => PlaceOf(pane, _width) + _width;

    private long? NextEnd()
    {
        var open = FirstOpen() + PaneMicros;
        foreach (var sum in _sums)
        {
            // It has closed panes, so there is a watermark, and the ends by it have come out.
            var next = Math.Max(sum.Key, PlaceOf(WatermarkMicros, PaneMicros)) + PaneMicros;
            return open < next ? open : next;
        }

        return open;
    }

    private void CloseUpTo(long micros)
    {
        while (micros != long.MinValue && FirstOpen() is { } pane && pane + PaneMicros <= micros)
        {
            using var closed = Close(pane);
            KeepChanges(pane, closed);
            var start = PlaceOf(pane, _width);
            if (!_sums.TryGetValue(start, out var sum))
            {
                _sums.Add(start, sum = NewGroups(tracksChanges: false));
            }

            sum.AddPartsOf(closed);
            var groups = closed.Memory.GroupsWithRows();
            for (var from = 0; from < groups.Length; from += WindowShape.BatchRowsMax)
            {
                using var partials = closed.Memory.PartialBatch(groups.AsSpan(from, Math.Min(WindowShape.BatchRowsMax, groups.Length - from)));
                sum.Memory.Merge(partials);
            }

            Free(closed);
        }
    }
}
