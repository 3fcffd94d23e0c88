using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Formats;

namespace OrleansFlow.Tests.Streaming.Connectors.Conformance;

/// <summary>The end of a job that a test watches: it shows rows as text, counts them at each barrier, and holds the job where it is told to.</summary>
internal sealed class WatchedRows
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int? _holdAt;
    private readonly bool _holdsBehindBarrier;
    private bool _isHeld;

    /// <summary>Makes one.</summary>
    /// <param name="target">When <see cref="Reached"/> ends; null: never.</param>
    /// <param name="holdsAtTarget">Whether the job is held there until <see cref="Release"/>.</param>
    /// <param name="holdsBehindBarrier">Whether the job is held for good at the first rows behind a barrier.</param>
    public WatchedRows(int? target, bool holdsAtTarget = false, bool holdsBehindBarrier = false)
    {
        (Target, _holdAt, _holdsBehindBarrier) = (target, holdsAtTarget ? target : null, holdsBehindBarrier);
    }

    /// <summary>Ends with so many rows.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Rows before the last barrier; null before the first.</summary>
    public int? AtBarrier { get; private set; }

    /// <summary>The rows so far.</summary>
    public List<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    private int? Target { get; }

    /// <summary>Lets the job go on.</summary>
    public void Release() => _released.TrySetResult();

    public StreamOperator Operator() => new LambdaOperator
    {
        Process = async (batch, _, _, cancellationToken) =>
        {
            if (_isHeld)
            {
                batch.Dispose();
                await _ended.Task.WaitAsync(cancellationToken);
            }

            var count = Take(batch);
            if (count >= Target)
            {
                _reached.TrySetResult();
            }

            if (count >= _holdAt)
            {
                await _released.Task.WaitAsync(cancellationToken);
            }
        },
        Barriers = (_, _) =>
        {
            AtBarrier = Lines.Count;
            _isHeld = _holdsBehindBarrier;
            return ValueTask.CompletedTask;
        },
    };

    private int Take(RecordBatch batch)
    {
        using (batch)
        {
            lock (_gate)
            {
                _lines.AddRange(DecodedRows.Lines(batch));
                return _lines.Count;
            }
        }
    }
}
