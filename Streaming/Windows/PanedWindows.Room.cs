namespace OrleansFlow.Streaming.Windows;

/// <content>What goes to files when memory is short.</content>
internal abstract partial class PanedWindows
{
    public override long ByteCount
    {
        get
        {
            var bytes = _closedBytes + _spareBytes;
            foreach (var (_, pane) in _open)
            {
                bytes += pane.ByteCount;
            }

            return bytes;
        }
    }

    /// <summary>All groups that can be written to files.</summary>
    private protected virtual IEnumerable<PaneGroups> Held => _open.Values;

    public override bool NeedsRoom(int rowCount)
    {
        if (!Memory.IsBounded)
        {
            return false;
        }

        Memory.Report(ByteCount);
        return Memory.IsOver || Growing(rowCount) is not null;
    }

    public override async ValueTask MakeRoomAsync(int rowCount, CancellationToken cancellationToken)
    {
        _spare.Clear();
        _spareBytes = 0;
        if (_isRestoring)
        {
            // What was restored is in the checkpoint already.
            ForgetChanged();
        }

        Memory.Report(ByteCount);
        while (Growing(rowCount) is { } growing)
        {
            var largest = Largest();
            var isOther = largest.ByteCount > 2 * growing.ByteCount;
            await (isOther ? largest : growing).SpillAsync(Memory, keepsRoom: !isOther, cancellationToken);
            Memory.Report(ByteCount);
        }

        while (Memory.IsOver && Held.Any())
        {
            var (largest, before) = (Largest(), ByteCount);
            await largest.SpillAsync(Memory, keepsRoom: false, cancellationToken);
            Memory.Report(ByteCount);
            if (ByteCount >= before)
            {
                break;
            }
        }

        if (Memory.IsOver && _closedBytes > 0)
        {
            await SpillClosedChangesAsync(cancellationToken);
        }
    }

    public override async ValueTask PrepareChangedAsync(CancellationToken cancellationToken)
    {
        foreach (var (_, pane) in _open)
        {
            if (pane.IsSpilled && pane.Memory.Count > 0)
            {
                await pane.SpillAsync(Memory, keepsRoom: true, cancellationToken);
            }
        }
    }

    /// <summary>A pane that would take too much memory with some rows more.</summary>
    private PaneGroups? Growing(int rowCount)
    {
        foreach (var (_, pane) in _open)
        {
            if (pane.Memory.Count > 0 && pane.Memory.Count + (long)rowCount > pane.Memory.Capacity && Memory.WouldBeOver(pane.Memory.ByteCount))
            {
                return pane;
            }
        }

        return null;
    }

    private PaneGroups Largest()
    {
        var largest = (PaneGroups?)null;
        foreach (var pane in Held)
        {
            largest = largest is null || pane.ByteCount > largest.ByteCount ? pane : largest;
        }

        return largest!;
    }

    private async ValueTask SpillClosedChangesAsync(CancellationToken cancellationToken)
    {
        var written = await Memory.WriteAsync([.. _closedChanges.Select(changes => changes.Log)], cancellationToken);
        for (var i = 0; i < written.Length; i++)
        {
            var (pane, log) = _closedChanges[i];
            _closedChanges[i] = (pane, written[i]);
            log.Dispose();
        }

        // Mapped memory is the system's.
        _closedBytes = 0;
        Memory.Report(ByteCount);
    }
}
