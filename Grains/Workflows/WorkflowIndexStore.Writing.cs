using OrleansFlow.Storage;

namespace OrleansFlow.Grains.Workflows;

/// <content>How rows are written: one write at a time, for all that changed meanwhile.</content>
internal sealed partial class WorkflowIndexStore
{
    private readonly SortedDictionary<long, WorkflowIndexSegment> _changed = [];
    private readonly SortedDictionary<long, WorkflowIndexSegment> _kept = [];
    private TaskCompletionSource? _waiting;
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private bool _mayWait;
    private Exception? _failure;

    /// <summary>Whether there are news that nobody waits for.</summary>
    public bool HasKept => _kept.Count > 0;

    /// <summary>Writes the news that nobody waits for.</summary>
    public Task FlushAsync()
    {
        if (_failure is not null || _kept.Count == 0)
        {
            return _writing;
        }

        foreach (var (number, segment) in _kept)
        {
            _changed[number] = segment;
        }

        _kept.Clear();
        return StartWriteAsync(mayWait: true);
    }

    /// <summary>Completes when nothing is being written any more, whatever became of it.</summary>
    public Task WhenIdleAsync() => _writing;

    /// <summary>A segment changed, and nobody waits for it: it is written by the next flush, or with the next change that somebody waits for.</summary>
    private void Keep(WorkflowIndexSegment segment)
    {
        segment.HeardUtc = clock.GetUtcNow();
        Summarize(segment);
        if (!_changed.ContainsKey(segment.Number))
        {
            _kept[segment.Number] = segment;
        }
    }

    private Task WriteAsync(WorkflowIndexSegment segment, bool mayWait = false)
    {
        ThrowIfFailed();
        segment.HeardUtc = clock.GetUtcNow();
        Summarize(segment);
        _changed[segment.Number] = segment;
        _kept.Remove(segment.Number);
        return StartWriteAsync(mayWait);
    }

    private Task StartWriteAsync(bool mayWait)
    {
        _mayWait = mayWait && (_waiting is null || _mayWait);
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
                await StoreAsync(changed, _mayWait);
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

    private async Task StoreAsync(List<WorkflowIndexSegment> segments, bool mayWait)
    {
        // The lines may change while they are on their way.
        var rows = segments.ConvertAll(segment => (Segment: segment, Row: segment.Count > 0 ? new WorkflowIndexRow { Runs = [.. segment.Lines!] } : null));
        foreach (var (segment, _) in rows.Where(one => one.Row is null && one.Segment.Number != _lastSegment))
        {
            _segments.Remove(segment.Number);
        }

        if (_storage is IGrainStorageBatch batch)
        {
            var changes = rows.ConvertAll(one => new GrainStateChange(Name(one.Segment.Number), typeof(WorkflowIndexRow), one.Row, one.Segment.Etag) { MayWait = mayWait });
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
            var state = new GrainState<WorkflowIndexRow>(row ?? new WorkflowIndexRow()) { ETag = segment.Etag!, RecordExists = segment.Etag is not null };
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
            throw new IOException($"The index '{_grain}' is read again, because a write of it failed: {failure.Message}", failure);
        }
    }
}
