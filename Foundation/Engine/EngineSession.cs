using OrleansFlow.Engine.Native;
using OrleansFlow.Engine.Results;
using OrleansFlow.Engine.Scans;

namespace OrleansFlow.Engine;

/// <summary>
/// A connection to an <see cref="EngineInstance"/>. Statements run on a thread of its own, so a long one never takes a thread of the pool.
/// </summary>
/// <remarks>
/// One thing at a time: calls of several threads wait for each other, and while an <see cref="EngineResult"/> is open other calls fail
/// at once, because they would end it. Use a session per concurrent statement.
/// Cancelling a call interrupts the statement; the call then ends with <see cref="OperationCanceledException"/>, normally within
/// milliseconds, and the session can be used again.
/// </remarks>
public sealed partial class EngineSession : IAsyncDisposable, IScanOwner
{
    private static readonly TimeSpan InterruptInterval = TimeSpan.FromMilliseconds(10);

    private readonly EngineInstance _instance;
    private readonly ConnectionHandle _connection;
    private readonly EngineThread _thread;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly ArrowOptionsHandle _arrowOptions;
    private EngineResult? _openResult;
    private CancellationToken _running;
    private Exception? _sourceFailure;
    private int _isDisposed;

    internal EngineSession(EngineInstance instance, ConnectionHandle connection, EngineThread thread)
    {
        _instance = instance;
        _connection = connection;
        DuckDb.ConnectionArrowOptions(connection, out var options);
        _arrowOptions = new ArrowOptionsHandle(options);
        ConnectionId = NumberOf(connection);
        _thread = thread;
    }

    /// <summary>Rows of a result batch unless the call says otherwise.</summary>
    public const int DefaultBatchRowCount = 65_536;

    CancellationToken IScanOwner.Running => _running;

    internal ArrowOptionsHandle ArrowOptions => _arrowOptions;

    void IScanOwner.ReportFailure(Exception exception) => Interlocked.CompareExchange(ref _sourceFailure, exception, null);

    /// <summary>Executes one or more statements separated by semicolons, and discards their rows.</summary>
    /// <param name="sql">The statements. Those before the last one take no parameters.</param>
    /// <param name="parameters">Values for <c>?</c> or <c>$1</c> of the last statement, in order; null for none. Numbers, text, bytes, dates, times, Guid.</param>
    /// <param name="cancellationToken">Interrupts the statement.</param>
    /// <returns>Rows that the last statement inserted, updated or deleted; 0 for other statements.</returns>
    /// <exception cref="ArgumentException">The number or the type of the parameters is wrong.</exception>
    /// <exception cref="EngineException">DuckDB refused or failed the statement. Statements before it stay executed.</exception>
    public Task<long> ExecuteAsync(string sql, IReadOnlyList<object?>? parameters, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        return RunAsync(
            token =>
            {
                using var statement = NativeStatement.Prepare(_connection, sql);
                EngineValue.BindAll(statement, parameters ?? []);
                using var result = NativeStatement.Start(statement);
                return NativeStatement.Drain(result, token);
            },
            cancellationToken);
    }

    /// <summary>Starts a query; rows are computed as they are read.</summary>
    /// <param name="sql">The query; statements before it, separated by semicolons, are executed first.</param>
    /// <param name="parameters">Values for <c>?</c> or <c>$1</c>, in order; null for none.</param>
    /// <param name="cancellationToken">Interrupts the start. Reading takes a token of its own.</param>
    /// <param name="batchRowCount">Rows of each batch but the last, 1 to 16,777,216. See <see cref="EngineResult"/> for the types where batches are smaller.</param>
    /// <returns>The open result. Dispose it before the session is used for anything else.</returns>
    /// <exception cref="ArgumentException">The number or the type of the parameters is wrong.</exception>
    /// <exception cref="EngineException">DuckDB refused the statement.</exception>
    public Task<EngineResult> QueryAsync(
        string sql,
        IReadOnlyList<object?>? parameters,
        CancellationToken cancellationToken,
        int batchRowCount = DefaultBatchRowCount)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        EngineResult.ThrowIfBatchRowCount(batchRowCount);
        return RunAsync(
            _ =>
            {
                using var statement = NativeStatement.Prepare(_connection, sql);
                return StartQuery(statement, parameters, batchRowCount);
            },
            cancellationToken);
    }

    /// <summary>Interrupts what runs and closes what is open. Batches that were read stay valid. Repeating it does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            await _thread.InvokeAsync(() =>
            {
                CloseNative();
                return true;
            }).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }

        _instance.Forget(this, _thread);
        _stop.Dispose();
    }

    /// <summary>Runs native work on the session's thread, alone, with its interruption wired.</summary>
    internal async Task<T> RunAsync<T>(Func<CancellationToken, T> work, CancellationToken cancellationToken, EngineResult? reader = null)
    {
        using (await EnterAsync(reader, cancellationToken).ConfigureAwait(false))
        {
            return await RunWhileGatedAsync(work, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the session, which is the caller's until it disposes what it gets.</summary>
    private async ValueTask<Turn> EnterAsync(EngineResult? reader, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
            return _openResult is null || _openResult == reader
                ? new Turn(_gate)
                : throw new InvalidOperationException("The session has an open result. Read it to its end or dispose it first, or use another session.");
        }
        catch
        {
            _gate.Release();
            throw;
        }
    }

    /// <summary>Frees a native resource on the session's thread, after the call that may be using it.</summary>
    internal async ValueTask CloseAsync(Action close)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            // After the session's end the thread is gone, and whatever was open is closed with it.
            if (Volatile.Read(ref _isDisposed) == 0)
            {
                await _thread.InvokeAsync(() =>
                {
                    close();
                    return true;
                }).ConfigureAwait(false);
            }
            else
            {
                close();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    internal EngineResult StartQuery(StatementHandle statement, IReadOnlyList<object?>? parameters, int batchRowCount)
    {
        EngineValue.BindAll(statement, parameters ?? []);
        var result = NativeStatement.Start(statement);
        try
        {
            return _openResult = new EngineResult(this, new BatchAssembler(result, _arrowOptions, batchRowCount));
        }
        catch
        {
            Interrupt();
            result.Dispose();
            throw;
        }
    }

    internal void Forget(EngineResult result)
    {
        if (_openResult == result)
        {
            _openResult = null;
        }
    }

    /// <summary>
    /// Stops what runs, in the engine's own threads too. They go on after a call or a result has ended until they see it, and the next call
    /// on the connection waits for them, for ever if need be; so whoever leaves a query before its end interrupts.
    /// </summary>
    internal void Interrupt() => DuckDb.Interrupt(_connection);

    /// <summary>
    /// Stops the call at work. DuckDB forgets an interrupt that comes before its executor has started, so it is repeated until the call has
    /// ended; the caller holds the gate, so that none can hit the call after it.
    /// </summary>
    private async Task InterruptAsync(Task call)
    {
        do
        {
            Interrupt();
            await call.WaitAsync(InterruptInterval, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!call.IsCompleted);
    }

    private async Task<T> RunWhileGatedAsync<T>(Func<CancellationToken, T> work, CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        var token = linked.Token;
        _running = token;
        Volatile.Write(ref _sourceFailure, null);
        try
        {
            var call = _thread.InvokeAsync(() =>
            {
                token.ThrowIfCancellationRequested();
                return work(token);
            });
            await ((Task)call.WaitAsync(token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (token.IsCancellationRequested)
            {
                await InterruptAsync(call).ConfigureAwait(false);
                if (call.IsCompletedSuccessfully && _openResult is { } interrupted)
                {
                    // The call was done just before; what it left open has been interrupted all the same.
                    await _thread.InvokeAsync(() =>
                    {
                        interrupted.CloseNative();
                        return true;
                    }).ConfigureAwait(false);
                    (await call.ConfigureAwait(false) as IDisposable)?.Dispose();
                    throw Cancelled(null, cancellationToken);
                }
            }

            return await call.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            throw Cancelled(null, cancellationToken);
        }
        catch (EngineException exception) when (token.IsCancellationRequested
            && (exception.Kind == EngineErrorKind.Interrupted || Volatile.Read(ref _sourceFailure) is OperationCanceledException))
        {
            throw Cancelled(exception, cancellationToken);
        }
        catch (EngineException exception) when (Volatile.Read(ref _sourceFailure) is { } failure)
        {
            throw new EngineException(exception.Message, EngineErrorKind.Source, failure);
        }
    }

    private static Exception Cancelled(EngineException? exception, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? new OperationCanceledException("The statement was cancelled.", exception, cancellationToken)
            : new ObjectDisposedException("The session was disposed while the statement ran.", exception);

    private void CloseNative()
    {
        Interrupt();
        _openResult?.CloseNative();
        _openResult = null;
        ReleaseSources();
        ReleaseStubs();
        _arrowOptions.Dispose();
        _connection.Dispose();

        // Last: no statement of the connection may find another session's function in its place.
        ReleaseFunctions();
    }

    private readonly struct Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
