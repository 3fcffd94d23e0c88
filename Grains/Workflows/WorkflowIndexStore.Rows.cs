using System.Globalization;

namespace OrleansFlow.Grains.Workflows;

/// <content>Where a line is, and how rows are read.</content>
internal sealed partial class WorkflowIndexStore
{
    private static string Name(long number) => string.Create(CultureInfo.InvariantCulture, $"runs-{number}");

    private async Task<WorkflowIndexSegment?> FindAsync(string run, DateTimeOffset startedUtc)
    {
        if (_places.TryGetValue(run, out var place) || startedUtc > _coldUtc)
        {
            return place;
        }

        foreach (var segment in _segments.Values.Where(one => one.Lines is null && one.FirstUtc <= startedUtc && startedUtc <= one.LastUtc).ToList())
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
    private async Task<WorkflowIndexSegment> CurrentAsync()
    {
        while (true)
        {
            if (!_segments.TryGetValue(_lastSegment, out var last) || last.Count >= WorkflowIndexSegment.Size)
            {
                if (_lastSegment + 1 >= _head.State.NextSegment)
                {
                    await ReserveAsync();
                    continue;
                }

                last = new WorkflowIndexSegment(++_lastSegment);
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

            await HoldAsync(last);
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
            await _storage.WriteStateAsync(HeadName, _grain, _head);
        }
        catch (Exception exception)
        {
            Stop(exception);
            throw;
        }
    }

    private async Task HoldAsync(WorkflowIndexSegment segment)
    {
        if (segment.Lines is null)
        {
            var row = await ReadAsync(segment.Number);

            // Another call may have read it meanwhile.
            if (segment.Lines is null)
            {
                Hold(segment, row);
            }
        }
    }

    private void Hold(WorkflowIndexSegment segment, GrainState<WorkflowIndexRow> row)
    {
        Unsummarize(segment);
        segment.Hold(row.State.Runs, row.ETag);
        Resummarize(segment);
        foreach (var line in row.State.Runs)
        {
            _places[line.Run] = segment;
        }
    }

    /// <summary>Leaves the lines of a segment to the store when it is old and none of its runs is live or woken soon.</summary>
    private void Cool(WorkflowIndexSegment segment, bool isOld)
    {
        if (isOld && segment is { Lines: { } lines, LiveCount: 0 } && segment.DueUtc - clock.GetUtcNow() > Soon
            && !_changed.ContainsKey(segment.Number) && !_kept.ContainsKey(segment.Number))
        {
            lines.ForEach(line => _places.Remove(line.Run));
            segment.LetGo();
            _coldUtc = segment.LastUtc > _coldUtc ? segment.LastUtc : _coldUtc;
        }
    }

    private void Summarize(WorkflowIndexSegment segment)
    {
        Unsummarize(segment);
        segment.Summarize();
        Resummarize(segment);
    }

    private void Unsummarize(WorkflowIndexSegment segment)
    {
        OpenCount -= segment.OpenCount;
        _due.Remove((segment.DueUtc, segment.Number));
        _live.Remove(segment.Number);
    }

    private void Resummarize(WorkflowIndexSegment segment)
    {
        OpenCount += segment.OpenCount;
        if (segment.DueUtc < DateTimeOffset.MaxValue)
        {
            _due.Add((segment.DueUtc, segment.Number));
        }

        if (segment.LiveCount > 0)
        {
            _live.Add(segment.Number);
        }
    }

    private async Task<GrainState<WorkflowIndexRow>> ReadAsync(long number)
    {
        var row = new GrainState<WorkflowIndexRow>(new WorkflowIndexRow());
        await _storage.ReadStateAsync(Name(number), _grain, row);
        return row;
    }
}
