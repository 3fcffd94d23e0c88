using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Windows;

/// <summary>Windows of one width that begin at each multiple of a slide, the first ones when only a part of them has rows. One without rows does not come out.</summary>
/// <remarks>Each row is aggregated once; a slide costs the keys of the panes that come and go and those that come out, whatever number of slides a window has.</remarks>
internal sealed class HoppingWindows : PanedWindows
{
    private readonly PaneStack _closed;

    /// <summary>The closed panes once they do not fit; then <see cref="_closed"/> is empty, until all of these are gone.</summary>
    private readonly SortedDictionary<long, PaneGroups> _closedInFiles = [];

    private readonly long _width;

    /// <param name="shape">What is grouped.</param>
    /// <param name="slide">From one window's begin to the next one's. Above zero.</param>
    /// <param name="width">Of a window. A multiple of <paramref name="slide"/>.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: the width is no multiple of the slide.</exception>
    public HoppingWindows(WindowShape shape, TimeSpan slide, TimeSpan width, ArrowAllocator allocator)
        : base(shape, slide, width, allocator)
    {
        _width = Micros(width);
        if (_width < PaneMicros || _width % PaneMicros != 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"hop() width {width.TotalSeconds:0.######}s has to be a multiple of slide {slide.TotalSeconds:0.######}s.");
        }

        _closed = new PaneStack(() => NewAggregator(tracksChanges: false));
    }

    public override long ByteCount
    {
        get
        {
            var bytes = base.ByteCount + _closed.ByteCount;
            foreach (var (_, pane) in _closedInFiles)
            {
                bytes += pane.ByteCount;
            }

            return bytes;
        }
    }

    private protected override IEnumerable<PaneGroups> Held => base.Held.Concat(_closedInFiles.Values);

    public override async ValueTask MakeRoomAsync(int rowCount, CancellationToken cancellationToken)
    {
        if (_closed.ByteCount > ByteCount / 2)
        {
            MoveClosed();
        }

        await base.MakeRoomAsync(rowCount, cancellationToken);
        if (Memory.IsOver && _closed.First is not null)
        {
            MoveClosed();
            await base.MakeRoomAsync(rowCount, cancellationToken);
        }
    }

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
            RemoveBefore(due - _width);
            foreach (var batch in EmitClosed(due - _width, due))
            {
                yield return batch;
            }
        }

        WatermarkMicros = watermarkMicros;
        CloseUpTo(watermarkMicros);
    }

    public override void FinishRestore(long? watermarkMicros)
    {
        base.FinishRestore(watermarkMicros);
        CloseUpTo(WatermarkMicros);
    }

    public override void Dispose()
    {
        base.Dispose();
        _closed.Dispose();
        RemoveBefore(long.MaxValue);
    }

    /// <summary>The end of the next window that has rows.</summary>
    private long? NextEnd()
    {
        var first = Math.Min(Math.Min(_closed.First ?? long.MaxValue, FirstInFiles() ?? long.MaxValue), FirstOpen() ?? long.MaxValue);
        if (first == long.MaxValue)
        {
            return null;
        }

        // Windows by the watermark have come out; before it, the first one that the first pane is in.
        var byPane = first + PaneMicros;
        if (WatermarkMicros == long.MinValue)
        {
            return byPane;
        }

        var byTime = PlaceOf(WatermarkMicros, PaneMicros) + PaneMicros;
        if (byTime <= first + _width)
        {
            return Math.Max(byPane, byTime);
        }

        // The oldest pane is in no window to come.
        RemoveBefore(byTime - _width);
        return NextEnd();
    }

    private void CloseUpTo(long micros)
    {
        while (micros != long.MinValue && FirstOpen() is { } pane && pane + PaneMicros <= micros)
        {
            var closed = Close(pane);
            KeepChanges(pane, closed);
            if (closed.IsSpilled || _closedInFiles.Count > 0)
            {
                MoveClosed();
                _closedInFiles.Add(pane, closed);
                continue;
            }

            _closed.Add(pane, closed.Memory.PartialBatch(closed.Memory.GroupsWithRows()));
            Free(closed);
        }
    }

    private IEnumerable<RecordBatch> EmitClosed(long start, long end)
    {
        if (_closedInFiles.Count > 0)
        {
            return EmitSums([.. _closedInFiles.Values], start, end);
        }

        var (sum, groups) = _closed.Sum();
        return Emit(sum, groups, start, end);
    }

    private long? FirstInFiles()
    {
        foreach (var (start, _) in _closedInFiles)
        {
            return start;
        }

        return null;
    }

    private void RemoveBefore(long start)
    {
        _closed.RemoveBefore(start);
        while (FirstInFiles() is { } first && first < start)
        {
            _closedInFiles[first].Dispose();
            _closedInFiles.Remove(first);
        }
    }

    /// <summary>Closed panes become such as can go to files. They are still in memory.</summary>
    private void MoveClosed()
    {
        foreach (var (start, partials) in _closed.TakeAll())
        {
            using (partials)
            {
                var pane = NewGroups(tracksChanges: false);
                pane.AddSaved(partials, adds: true);
                _closedInFiles.Add(start, pane);
            }
        }
    }
}
