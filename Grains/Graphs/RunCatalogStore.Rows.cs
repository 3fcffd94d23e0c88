using System.Globalization;
using OrleansFlow.Storage;

namespace OrleansFlow.Grains.Graphs;

/// <content>Where a line is, and how rows are read and written.</content>
internal sealed partial class RunCatalogStore
{
    private TaskCompletionSource? _waiting;
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private Exception? _failure;

    /// <summary>Completes when nothing is being written any more, whatever became of it.</summary>
    public Task WhenIdleAsync() => _writing;

    private static string Name(long number) => string.Create(CultureInfo.InvariantCulture, $"runs-{number}");

    private async Task<RunCatalogSegment?> FindAsync(string run, DateTimeOffset submittedUtc)
    {
        if (_places.TryGetValue(run, out var place) || submittedUtc > _coldUtc)
        {
            return place;
        }

        foreach (var segment in _segments.Values.Where(one => one.Lines is null && one.FirstUtc <= submittedUtc && submittedUtc <= one.LastUtc).ToList())
        {
            var row = await ReadAsync(segment.Number);

            // Another call may have read it meanwhile.
            if (segment.Lines is null && row.State.Runs.Exists(line => line.Run == run))
            {
                Hold(segment, row);
            }

            if (_places.TryGetValue(run, out place))
            {
                return place;
            }
        }

        return null;
    }

    /// <summary>The segment that new lines come to, with room for one.</summary>
    private async Task<RunCatalogSegment> CurrentAsync()
    {
        while (true)
        {
            if (!_segments.TryGetValue(_lastSegment, out var last) || last.Count >= RunCatalogSegment.Size)
            {
                if (_lastSegment + 1 >= _head.State.NextSegment)
                {
                    await ReserveAsync();
                    continue;
                }

                last = new RunCatalogSegment(++_lastSegment);
                last.Hold([], null);
                _segments.Add(last.Number, last);
                if (_segments.TryGetValue(_lastSegment - HotSegments, out var old))
                {
                    Cool(old, isOld: true);
                }
            }

            if (last.Lines is not null)
            {
                return last;
            }

            var row = await ReadAsync(last.Number);
            if (last.Lines is null)
            {
                Hold(last, row);
            }
        }
    }

    /// <summary>Makes the head reach more segments, before any of them is written.</summary>
    private Task ReserveAsync()
    {
        if (_reserving.IsCompleted)
        {
            _head.State.NextSegment += SegmentBlock;
            _head.State.FirstSegment = _segments.Count > 0 ? _segments.Keys.First() : _lastSegment + 1;
            _reserving = WriteHeadAsync();
        }

        return _reserving;
    }

    private async Task WriteHeadAsync()
    {
        ThrowIfFailed();
        try
        {
            _head.State.Format = RunCatalogState.Segmented;
            await _storage.WriteStateAsync(HeadName, _grain, _head);
        }
        catch (Exception exception)
        {
            Stop(exception);
            throw;
        }
    }

    private void Hold(RunCatalogSegment segment, GrainState<RunCatalogSegmentState> row)
    {
        segment.Hold(row.State.Runs, row.ETag);
        foreach (var line in row.State.Runs)
        {
            _places[line.Run] = segment;
        }
    }

    /// <summary>Leaves the lines of a segment to the store when it is old and nothing more is expected of its runs.</summary>
    private void Cool(RunCatalogSegment segment, bool isOld)
    {
        if (isOld && segment is { Lines: { } lines, HasEnded: true } && !_changed.ContainsKey(segment.Number))
        {
            lines.ForEach(line => _places.Remove(line.Run));
            segment.LetGo();
            _coldUtc = segment.LastUtc > _coldUtc ? segment.LastUtc : _coldUtc;
        }
    }

    private async Task<GrainState<RunCatalogSegmentState>> ReadAsync(long number)
    {
        var row = new GrainState<RunCatalogSegmentState>(new RunCatalogSegmentState());
        await _storage.ReadStateAsync(Name(number), _grain, row);
        return row;
    }

    private Task WriteAsync(RunCatalogSegment segment)
    {
        ThrowIfFailed();
        segment.Summarize();
        _changed[segment.Number] = segment;
        _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_isWriting)
        {
            _isWriting = true;
            _writing = WriteChangedAsync();
        }

        return _waiting.Task;
    }

    private async Task WriteChangedAsync()
    {
        // Leaves the turn that changed first, so that calls that wait already join its write.
        await Task.Yield();
        while (_waiting is { } done)
        {
            var changed = _changed.Values.ToList();
            _changed.Clear();
            _waiting = null;
            try
            {
                await StoreAsync(changed);
            }
            catch (Exception exception)
            {
                Stop(exception);
                foreach (var waiter in (TaskCompletionSource?[])[done, _waiting])
                {
                    waiter?.SetException(exception);

                    // Seen here: there may be no waiter.
                    _ = waiter?.Task.Exception;
                }

                _waiting = null;
                return;
            }

            changed.ForEach(segment => Cool(segment, segment.Number <= _lastSegment - HotSegments));
            done.SetResult();
        }

        _isWriting = false;
    }

    private async Task StoreAsync(List<RunCatalogSegment> segments)
    {
        // The lines may change while they are on their way.
        var rows = segments.ConvertAll(segment => (Segment: segment, Row: segment.Count > 0 ? new RunCatalogSegmentState { Runs = [.. segment.Lines!] } : null));
        foreach (var (segment, _) in rows.Where(one => one.Row is null && one.Segment.Number != _lastSegment))
        {
            _segments.Remove(segment.Number);
        }

        if (_storage is IGrainStorageBatch batch)
        {
            var changes = rows.ConvertAll(one => new GrainStateChange(Name(one.Segment.Number), typeof(RunCatalogSegmentState), one.Row, one.Segment.Etag) { MayWait = true });
            await batch.WriteAsync(_grain.ToString(), changes, CancellationToken.None);
            for (var index = 0; index < rows.Count; index++)
            {
                rows[index].Segment.Etag = changes[index].NextETag;
            }

            return;
        }

        await Task.WhenAll(rows.Select(async one =>
        {
            var (segment, row) = one;
            var state = new GrainState<RunCatalogSegmentState>(row ?? new RunCatalogSegmentState()) { ETag = segment.Etag!, RecordExists = segment.Etag is not null };
            await (row is null ? _storage.ClearStateAsync(Name(segment.Number), _grain, state) : _storage.WriteStateAsync(Name(segment.Number), _grain, state));
            segment.Etag = row is null ? null : state.ETag;
        }));
    }

    private void Stop(Exception exception)
    {
        _failure ??= exception;
        failed();
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new IOException($"The listing '{_grain}' is read again, because a write of it failed: {failure.Message}", failure);
        }
    }
}
