using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using OrleansFlow.Engine.Functions;
using OrleansFlow.Engine.Native;
using OrleansFlow.Engine.Scans;

namespace OrleansFlow.Engine;

/// <summary>
/// A DuckDB database inside this process, with its own memory limit, threads and temporary folder. Sessions do the work.
/// </summary>
/// <remarks>
/// No statement may install or load extensions; Parquet, JSON, CSV and ICU are built in. The time zone of all sessions is UTC, so that
/// a statement means the same on every machine. Thread-safe. Native: dispose it, or the database stays open until the finalizer runs.
/// </remarks>
public sealed class EngineInstance : IAsyncDisposable
{
    // Threads without a session that wait for the next one; starting one costs more than most statements.
    private const int IdleThreadsMax = 16;

    private static long _threadCount;

    private readonly Lock _gate = new();
    private readonly DatabaseHandle _database;
    private readonly HashSet<EngineSession> _sessions = [];
    private readonly Stack<EngineThread> _idle = [];
    private readonly ConcurrentDictionary<ulong, IScanOwner> _owners = new();
    private long _sourceId;
    private bool _isDisposed;

    private EngineInstance(DatabaseHandle database, ConnectionHandle conversions)
    {
        _database = database;
        Conversions = conversions;
        Functions = new FunctionRegistry(conversions, id => _owners.GetValueOrDefault(id));
    }

    /// <summary>Version of the native library, such as <c>v1.5.6</c>.</summary>
    /// <exception cref="EngineException">The library cannot be loaded.</exception>
    public static string LibraryVersion
    {
        get
        {
            NativeLibraryLoader.EnsureLoaded();
            return Marshal.PtrToStringUTF8(DuckDb.LibraryVersion()) ?? "unknown";
        }
    }

    /// <summary>A connection that no statement runs on; see <see cref="BatchSource"/>.</summary>
    internal ConnectionHandle Conversions { get; }

    internal FunctionRegistry Functions { get; }

    internal ConcurrentDictionary<long, BatchSource> Sources { get; } = new();

    internal ConcurrentDictionary<long, StubTable> Stubs { get; } = new();

    /// <summary>Opens a database. In memory this takes about 20 ms; a file may have to replay its log.</summary>
    /// <param name="options">Limits and places; null for the defaults (in memory, the whole machine).</param>
    /// <param name="cancellationToken">Stops waiting for the database; one that opens later is closed again.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or two functions have the same name.</exception>
    /// <exception cref="EngineException">The engine refuses a function, the library is missing, or the database cannot be opened (kind InputOutput: for example locked by another process).</exception>
    public static async Task<EngineInstance> OpenAsync(EngineOptions? options, CancellationToken cancellationToken)
    {
        options ??= new EngineOptions();
        var settings = options.ToSettings();
        var path = options.DatabasePath is { } given ? Path.GetFullPath(given) : null;
        cancellationToken.ThrowIfCancellationRequested();
        var opening = Task.Factory.StartNew(
            () => Open(path, settings, options), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _ = CloseLaterAsync(opening);
            throw;
        }
    }

    /// <summary>Opens a session: a connection with a thread of its own and its own temporary tables and registered batches.</summary>
    /// <exception cref="ObjectDisposedException">The instance is closed.</exception>
    public EngineSession OpenSession()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var connection = Connect(_database);
            var session = new EngineSession(this, connection, _idle.TryPop(out var thread) ? thread : new EngineThread(FormattableString.Invariant($"engine-{Interlocked.Increment(ref _threadCount)}")));
            _sessions.Add(session);
            _owners[session.ConnectionId] = session;
            return session;
        }
    }

    /// <summary>Ends all sessions, interrupting their statements, and closes the database. Repeating it does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        EngineSession[] sessions;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            sessions = [.. _sessions];
            while (_idle.TryPop(out var thread))
            {
                thread.Dispose();
            }
        }

        foreach (var session in sessions)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }

        // Closing a file writes its last checkpoint: not on a thread of the pool.
        await Task.Factory.StartNew(Close, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .ConfigureAwait(false);
    }

    internal long NextSourceId() => Interlocked.Increment(ref _sourceId);

    /// <summary>Takes back the thread of a session that has ended.</summary>
    internal void Forget(EngineSession session, EngineThread thread)
    {
        lock (_gate)
        {
            _sessions.Remove(session);
            _owners.TryRemove(session.ConnectionId, out _);
            if (!_isDisposed && _idle.Count < IdleThreadsMax)
            {
                _idle.Push(thread);
                return;
            }
        }

        thread.Dispose();
    }

    private static EngineInstance Open(string? path, IReadOnlyList<KeyValuePair<string, string>> settings, EngineOptions options)
    {
        NativeLibraryLoader.EnsureLoaded();
        if (DuckDb.VectorSize() != DuckDb.VectorRowCount)
        {
            throw new EngineException(
                $"The native library has vectors of {DuckDb.VectorSize()} rows; this build needs {DuckDb.VectorRowCount}. Use the package's library.",
                EngineErrorKind.Library);
        }

        var database = OpenDatabase(path, settings);
        ConnectionHandle? connection = null;
        try
        {
            connection = Connect(database);
            NativeStatement.ExecuteAll(connection, "SET GLOBAL TimeZone = 'UTC'");
            var instance = new EngineInstance(database, connection);
            ScanFunction.Register(connection, instance.Sources);
            StubFunction.Register(connection, instance.Stubs);
            instance.Functions.RegisterForAll(connection, options.Functions);
            FileReaders.Register(database, options.FileReaders);
            return instance;
        }
        catch
        {
            connection?.Dispose();
            database.Dispose();
            throw;
        }
    }

    private static DatabaseHandle OpenDatabase(string? path, IReadOnlyList<KeyValuePair<string, string>> settings)
    {
        _ = DuckDb.CreateConfig(out var config);
        try
        {
            foreach (var (name, value) in settings)
            {
                if (DuckDb.SetConfig(config, name, value) != DuckDb.Success)
                {
                    throw new EngineException($"The engine refused the setting {name} = '{value}'.", EngineErrorKind.Settings);
                }
            }

            if (DuckDb.Open(path, out var database, config, out var error) == DuckDb.Success)
            {
                return new DatabaseHandle(database);
            }

            var message = Marshal.PtrToStringUTF8(error);
            DuckDb.Free(error);
            throw EngineException.FromMessage(message);
        }
        finally
        {
            DuckDb.DestroyConfig(ref config);
        }
    }

    private static ConnectionHandle Connect(DatabaseHandle database) =>
        DuckDb.Connect(database, out var connection) == DuckDb.Success
            ? new ConnectionHandle(connection)
            : throw new EngineException("The engine refused a connection.", EngineErrorKind.Internal);

    private static async Task CloseLaterAsync(Task<EngineInstance> opening)
    {
        var instance = await opening.ConfigureAwait(false);
        await instance.DisposeAsync().ConfigureAwait(false);
    }

    private void Close()
    {
        Conversions.Dispose();
        _database.Dispose();
    }
}
