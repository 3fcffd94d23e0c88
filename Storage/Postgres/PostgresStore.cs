using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Groups;
using OrleansFlow.Storage.Schema;

namespace OrleansFlow.Storage.Postgres;

/// <summary>One PostgreSQL store with grain states and reminders: a few connections that write in groups, and a pool that reads.</summary>
/// <remarks>Opened at silo start, closed at its end. A write is acknowledged after the server has committed it.</remarks>
internal sealed class PostgresStore : IStoreGeneration, IAsyncDisposable
{
    /// <summary>Writes that wait for one connection before the next one helps.</summary>
    private const int QueuedPerConnection = 128;

    /// <summary>The same in bytes of state: a few rows of many tasks each keep a connection busy as many small ones do.</summary>
    private const int QueuedBytesPerConnection = 32 * 1024;

    private static readonly TimeSpan CloseGrace = TimeSpan.FromSeconds(3);
    private readonly PostgresStoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<PostgresStore> _logger;
    private readonly SemaphoreSlim _openGate = new(1);
    private PostgresSession? _session;
    private PostgresOwnership? _ownership;
    private GroupCommitter<PostgresWrite>[] _committers = [];
    private PostgresReads? _reads;

    public PostgresStore(IOptions<PostgresStoreOptions> options, TimeProvider clock, ILogger<PostgresStore> logger)
    {
        _options = options.Value;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>Which life of the store this is; 1 until a backup is restored. Valid once open.</summary>
    public long Generation { get; private set; } = 1;

    /// <summary>Fires when another silo has taken the store over. Valid once open.</summary>
    public CancellationToken Lost => Session.Lost;

    private PostgresSession Session =>
        _session ?? throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store {PostgresStoreMigrator.Describe(_options.ConnectionString)} is not open.");

    /// <summary>Migrates the store, waits until this silo owns it, and opens it; does nothing when it is open.</summary>
    /// <exception cref="FlowException"><c>store_unavailable</c>, <c>state_corrupt</c>.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await _openGate.WaitAsync(cancellationToken);
        try
        {
            if (_committers.Length > 0)
            {
                return;
            }

            var session = new PostgresSession(_options, _clock);
            try
            {
                await OpenAsync(session, cancellationToken);
                _session = session;
            }
            catch
            {
                await AbandonAsync(session);
                throw;
            }

            var limits = new GroupLimits(_options.GroupWritesMax, _options.GroupBytesMax, Math.Max(1, _options.QueueWritesMax / _options.WriteConnections));
            _reads = new PostgresReads(session, _options.ReadConnectionsMax);
            _committers = [.. Enumerable.Range(0, _options.WriteConnections).Select(_ =>
                new GroupCommitter<PostgresWrite>(new PostgresCommitTarget(session, _logger), limits, TimeProvider.System, _logger))];
        }
        finally
        {
            _openGate.Release();
        }
    }

    /// <summary>Completes when the write is committed.</summary>
    public Task WriteAsync(PostgresWrite write)
    {
        _ = Session;

        return ChooseCommitter().WriteAsync(write);
    }

    /// <summary>The first connection that is not full of waiting writes; when all are, the one with the fewest.</summary>
    /// <remarks>
    /// One large group costs less than two small ones, so that further connections help only where one cannot keep up. Two writes of a grain
    /// may go different ways: the second needs the etag that only the first one's acknowledgement gives.
    /// </remarks>
    private GroupCommitter<PostgresWrite> ChooseCommitter()
    {
        var fewest = _committers[0];
        var fewestCount = int.MaxValue;
        foreach (var committer in _committers)
        {
            var count = committer.QueuedCount;
            if (count < QueuedPerConnection && committer.QueuedBytes < QueuedBytesPerConnection)
            {
                return committer;
            }

            if (count < fewestCount)
            {
                (fewest, fewestCount) = (committer, count);
            }
        }

        return fewest;
    }

    /// <summary>An id that no other write has.</summary>
    public long NextWriteId() => Session.NextWriteId();

    /// <summary>Runs one read; while the server is away it is tried again.</summary>
    public Task<TResult> ReadAsync<TState, TResult>(TState state, Func<NpgsqlConnection, TState, CancellationToken, Task<TResult>> read) =>
        Session.RunAsync(state, read, CancellationToken.None);

    /// <summary>Rows of one grain, in the order of their names; what many ask for shares round trips.</summary>
    public Task<List<FoundRow>> FindAsync(RowRange range)
    {
        _ = Session;

        return _reads!.ReadAsync(range);
    }

    /// <summary>Commits what is queued, leaves the ownership, and closes every connection. Waits a few seconds for a server that is away.</summary>
    public async ValueTask DisposeAsync()
    {
        var session = Interlocked.Exchange(ref _session, null);
        if (session is not null)
        {
            session.StopWaiting(CloseGrace);
            foreach (var committer in _committers)
            {
                await committer.DisposeAsync();
            }

            _committers = [];
            await (_reads?.WhenIdleAsync() ?? Task.CompletedTask);
            await AbandonAsync(session);
        }
    }

    private async Task OpenAsync(PostgresSession session, CancellationToken cancellationToken)
    {
        await new PostgresStoreMigrator(_options.ConnectionString, _options.Schema).MigrateAsync(cancellationToken);
        await session.ReadLockKeyAsync(cancellationToken);
        if (_options.SingleOwner)
        {
            _ownership = new PostgresOwnership(session, _options, _clock, _logger);
            await _ownership.TakeAsync(cancellationToken);
        }

        Generation = await session.RunAsync(
            0,
            static async (connection, _, token) =>
            {
                await using var command = new NpgsqlCommand("SELECT generation FROM store", connection);
                return (long)(await command.ExecuteScalarAsync(token))!;
            },
            cancellationToken);
    }

    private async ValueTask AbandonAsync(PostgresSession session)
    {
        if (_ownership is not null)
        {
            await _ownership.DisposeAsync();
            _ownership = null;
        }

        await session.DisposeAsync();
    }
}
