using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Engine.Results;

namespace OrleansFlow.Engine;

/// <summary>
/// The rows of a query as Arrow batches, computed while they are read. A reader that stops reading stops the query: nothing is buffered
/// ahead but what DuckDB itself holds.
/// </summary>
/// <remarks>
/// Every batch but the last has exactly the requested number of rows, so that repeating a query in a stable order repeats its batches.
/// Columns of the types ENUM, UUID, INTERVAL, TIME WITH TIME ZONE, BIT, UNION and other rare ones are exported by DuckDB itself; a result
/// with such a column has batches of at most 2,048 rows.
/// DuckDB hands rows on when it has about a megabyte of them or the query is done, so a slow source is not seen row by row.
/// One reader at a time. Batches belong to the reader, live in native memory, and stay valid after the result, the session and the instance are
/// closed: dispose each.
/// </remarks>
public sealed class EngineResult : IAsyncDisposable
{
    /// <summary>Largest number of rows of a batch.</summary>
    public const int BatchRowCountMax = 1 << 24;

    private readonly EngineSession _session;
    private readonly BatchAssembler _assembler;
    private bool _isClosed;

    internal EngineResult(EngineSession session, BatchAssembler assembler)
    {
        _session = session;
        _assembler = assembler;
    }

    /// <summary>The columns. Known before any row.</summary>
    public ArrowSchema Schema => _assembler.Schema;

    /// <summary>Whether all rows were read.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The next batch, never empty; null at the end, which also frees the session for other calls.</summary>
    /// <param name="cancellationToken">Interrupts the query; the result is then closed.</param>
    /// <exception cref="EngineException">The query failed while it ran; the result is then closed.</exception>
    /// <exception cref="ObjectDisposedException">The result or its session is closed.</exception>
    public async ValueTask<RecordBatch?> ReadAsync(CancellationToken cancellationToken)
    {
        if (IsComplete)
        {
            return null;
        }

        ObjectDisposedException.ThrowIf(_isClosed, this);
        try
        {
            return await _session.RunAsync(ReadNative, cancellationToken, this).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Cancelled before it reached the session's thread: close it all the same, so that callers see one behaviour.
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>All batches that were not read yet. Dispose each batch; leaving the loop early does not close the result.</summary>
    public async IAsyncEnumerable<RecordBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await ReadAsync(cancellationToken).ConfigureAwait(false) is { } batch)
        {
            yield return batch;
        }
    }

    /// <summary>Ends the query if it still runs, and frees the session for other calls. Repeating it does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isClosed)
        {
            await _session.CloseAsync(CloseNative).ConfigureAwait(false);
        }
    }

    internal static void ThrowIfBatchRowCount(int batchRowCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRowCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batchRowCount, BatchRowCountMax);
    }

    /// <summary>Closes the native result; on the session's thread.</summary>
    internal void CloseNative()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            if (!IsComplete)
            {
                _session.Interrupt();
            }

            _assembler.Dispose();
            _session.Forget(this);
        }
    }

    private RecordBatch? ReadNative(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        try
        {
            var batch = _assembler.Next(cancellationToken);
            if (_assembler.IsAtEnd)
            {
                IsComplete = true;
                CloseNative();
            }

            return batch;
        }
        catch
        {
            // DuckDB cannot go on after an error, so the session need not wait for the reader to let go.
            CloseNative();
            throw;
        }
    }
}
