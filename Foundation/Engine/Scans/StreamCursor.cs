using System.Diagnostics.CodeAnalysis;
using OrleansFlow.Arrow;

namespace OrleansFlow.Engine.Scans;

/// <summary>
/// Pulls batches while the statement runs. DuckDB calls from one thread at a time, which may be the session's thread or one of
/// DuckDB's own, never one of the pool: waiting here is allowed, and ends when the statement is cancelled.
/// </summary>
internal class StreamCursor(
    StreamSource source, int[] columns, IAsyncEnumerable<RecordBatch> stream, CancellationToken cancellationToken)
    : ScanCursor(source, columns)
{
    private IAsyncEnumerator<RecordBatch>? _enumerator;
    private Task<bool>? _pending;
    private bool _ended;

    public override int ThreadCountMax => 1;

    [SuppressMessage("Usage", "VSTHRD002", Justification = "A dedicated thread inside a native callback: nothing else can run on it.")]
    public override unsafe bool TryNext(ScanSlot slot)
    {
        if (_ended)
        {
            return false;
        }

        _enumerator ??= stream.GetAsyncEnumerator(cancellationToken);
        _pending = _enumerator.MoveNextAsync().AsTask();

        // The token ends the wait even when the stream does not listen to it.
        Task.WaitAny([_pending], cancellationToken);

        // It is over by now: this only takes its result, or throws what it failed with.
        var found = _pending.GetAwaiter().GetResult();
        _pending = null;
        if (!found)
        {
            _ended = true;
            return false;
        }

        using var batch = _enumerator.Current;
        var shared = Export(batch);
        slot.Fill(shared, 0, shared->RowCount);
        return true;
    }

    protected virtual unsafe SharedArray* Export(RecordBatch batch) => source.Export(batch);

    [SuppressMessage("Usage", "VSTHRD002", Justification = "Runs in a native callback, which cannot await.")]
    public override void Dispose()
    {
        if (_enumerator is null)
        {
            return;
        }

        if (_pending is { IsCompleted: false })
        {
            // An enumerator must not be disposed while it moves; the stream ignored the token, so it ends in its own time.
            _ = DisposeLaterAsync(_enumerator, _pending);
            return;
        }

        // The engine's callback cannot await, and its thread is none of the pool: nothing that this waits for needs it.
        _enumerator.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static async Task DisposeLaterAsync(IAsyncEnumerator<RecordBatch> enumerator, Task<bool> pending)
    {
        try
        {
            await using (enumerator.ConfigureAwait(false))
            {
                if (await pending.ConfigureAwait(false))
                {
                    enumerator.Current.Dispose();
                }
            }
        }
        catch (Exception)
        {
            // The statement ended long ago with its cancellation; there is nobody left to tell.
        }
    }
}
