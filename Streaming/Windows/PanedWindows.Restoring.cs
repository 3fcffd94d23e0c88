using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Windows;

/// <content>How a checkpoint's rows come in.</content>
internal abstract partial class PanedWindows
{
    public override void Restore(RecordBatch log)
    {
        _isRestoring = true;
        foreach (var (from, end, adds) in PaneLog.Parts(log))
        {
            using var part = log.Slice(from, end - from);
            Restore(part, PaneLog.Places(part), adds);
        }
    }

    public override async ValueTask SettleRestoredAsync(long? watermarkMicros, CancellationToken cancellationToken)
    {
        foreach (var (_, pane) in _open)
        {
            await pane.SettleAsync(Memory, cancellationToken);
        }
    }

    public override void FinishRestore(long? watermarkMicros)
    {
        _isRestoring = false;
        WatermarkMicros = watermarkMicros ?? long.MinValue;
        ForgetChanged();
        foreach (var (start, pane) in _open.ToList())
        {
            if (IsReached(LastEndOf(start)))
            {
                // The log keeps rows a little longer than they are needed.
                pane.Dispose();
                _open.Remove(start);
            }
        }
    }

    private void Restore(RecordBatch log, ReadOnlySpan<long> panes, bool adds)
    {
        if (!panes.ContainsAnyExcept(panes[0]))
        {
            RestoreTo(panes[0], log, adds);
            return;
        }

        for (var row = 0; row < panes.Length; row++)
        {
            RowsOf(panes[row]).Add(row);
        }

        foreach (var (pane, some) in _rowsByPane)
        {
            if (some.Count > 0)
            {
                using var part = ArrowTake.Take(log, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(some), Allocator);
                some.Clear();
                RestoreTo(pane, part, adds);
            }
        }

        _rowsByPane.Clear();
    }

    private void RestoreTo(long start, RecordBatch log, bool adds)
    {
        var pane = OpenOf(start);
        if (pane.IsSpilled)
        {
            pane.AddSaved(log, adds);
        }
        else if (adds)
        {
            pane.Memory.Merge(log);
        }
        else
        {
            pane.Memory.Replace(log);
        }
    }

    private void ForgetChanged()
    {
        foreach (var (_, pane) in _open)
        {
            pane.Memory.ForgetChanged();
        }
    }
}
