using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Groups;
using OrleansFlow.Storage.Schema;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>One SQLite database with grain states and reminders: one writer that groups, and a few readers beside it (WAL).</summary>
/// <remarks>Opened at silo start, closed at its end. A write is acknowledged after its transaction was fsynced (<c>synchronous=FULL</c>).</remarks>
internal sealed class SqliteStore : IStoreGeneration, IAsyncDisposable
{
    private readonly SqliteStoreOptions _options;
    private readonly ILogger<SqliteStore> _logger;
    private readonly ConcurrentBag<ReadConnection> _readers = [];
    private readonly SemaphoreSlim _readerSlots;
    private readonly Lock _openGate = new();
    private StoreOwnership? _ownership;
    private SqliteConnection? _writer;
    private GroupCommitter<StoreWrite>? _committer;

    public SqliteStore(IOptions<SqliteStoreOptions> options, ILogger<SqliteStore> logger)
    {
        _options = options.Value;
        _logger = logger;
        _readerSlots = new SemaphoreSlim(_options.ReadConnectionsMax);
        SQLitePCL.Batteries_V2.Init();
    }

    /// <summary>Which life of the store this is; 1 until a backup is restored. Valid once open.</summary>
    public long Generation { get; private set; } = 1;

    /// <summary>Opens the store and becomes its owner; does nothing when it is open.</summary>
    /// <exception cref="FlowException"><c>store_in_use</c>, <c>store_unavailable</c>, <c>state_corrupt</c>.</exception>
    public void Open()
    {
        lock (_openGate)
        {
            if (_committer is not null)
            {
                return;
            }

            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_options.DatabasePath))!);
                _ownership = StoreOwnership.Take(_options.DatabasePath);
                _writer = Connect();
                Configure(_writer);
                SqliteStoreMigrator.Migrate(_writer, _options.DatabasePath);
                Execute(_writer, "UPDATE store SET owner_epoch = owner_epoch + 1");
                Generation = SqliteStoreMigrator.Read(_writer)!.Generation;
                _committer = new GroupCommitter<StoreWrite>(
                    new SqliteCommitTarget(_writer, _options.DatabasePath),
                    new GroupLimits(_options.GroupWritesMax, _options.GroupBytesMax, _options.QueueWritesMax),
                    TimeProvider.System,
                    _logger);
            }
            catch (Exception exception)
            {
                Abandon();
                throw exception switch
                {
                    SqliteException sqlite => SqliteFailures.Translate(sqlite, _options.DatabasePath),
                    UnauthorizedAccessException or IOException => new FlowException(
                        FlowErrorCode.StoreUnavailable, $"The store '{_options.DatabasePath}' cannot be opened: {exception.Message}", exception),
                    _ => exception,
                };
            }
        }
    }

    public Task WriteAsync(StoreWrite write) => Committer.WriteAsync(write);

    /// <summary>Runs one read on the caller's thread. Rows are found by key in pages that are nearly always in memory.</summary>
    public async Task<TResult> ReadAsync<TState, TResult>(TState state, Func<ReadConnection, TState, TResult> read)
    {
        _ = Committer;
        await _readerSlots.WaitAsync();
        try
        {
            if (!_readers.TryTake(out var connection))
            {
                connection = new ReadConnection(Connect());
                Execute(connection.Connection, "PRAGMA query_only = ON");
            }

            try
            {
                return read(connection, state);
            }
            finally
            {
                _readers.Add(connection);
            }
        }
        catch (SqliteException exception)
        {
            throw SqliteFailures.Translate(exception, _options.DatabasePath);
        }
        finally
        {
            _readerSlots.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_committer is not null)
        {
            await _committer.DisposeAsync();
            _committer = null;
        }

        Abandon();
        _readerSlots.Dispose();
    }

    private GroupCommitter<StoreWrite> Committer =>
        _committer ?? throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store '{_options.DatabasePath}' is not open.");

    private void Abandon()
    {
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        _writer?.Dispose();
        _writer = null;
        _ownership?.Dispose();
        _ownership = null;
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = _options.DatabasePath,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
        }.ConnectionString);
        connection.Open();
        return connection;
    }

    private void Configure(SqliteConnection connection)
    {
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, "PRAGMA synchronous = FULL");
        if (_options.PagesMax > 0)
        {
            Execute(connection, FormattableString.Invariant($"PRAGMA max_page_count = {_options.PagesMax}"));
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Literals and numbers of this class only.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
