using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace OrleansFlow.Storage.Postgres;

/// <summary>What everything that talks to one PostgreSQL store shares: the pool of connections, the ownership, and how to wait for a server that is away.</summary>
internal sealed class PostgresSession : IAsyncDisposable
{
    private readonly PostgresStoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly NpgsqlDataSource _connections;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _lost = new();

    private ITimer? _stopTimer;

    // Random, so that no other process ever has the same; counted up from there.
    private long _writeIds = RandomNumberGenerator.GetInt32(int.MaxValue) * (1L << 31);

    public PostgresSession(PostgresStoreOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        var parts = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            SearchPath = options.Schema,
            Enlist = false,
            Pooling = true,
            MaxPoolSize = options.WriteConnections + options.ReadConnectionsMax + 2,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            TcpKeepAlive = true,
            PersistSecurityInfo = false,

            // The server gives up first and says so; this is for a server or a network that does not answer at all.
            CommandTimeout = (int)Math.Ceiling(options.StatementTimeout.TotalSeconds) + 5,
        };
        parts.ApplicationName ??= "OrleansFlow";

        // Plans are made once: the arrays' lengths differ from group to group, but the way by the key is always the right one.
        parts.Options = string.Create(
            CultureInfo.InvariantCulture,
            $"{parts.Options} -c statement_timeout={(long)options.StatementTimeout.TotalMilliseconds} -c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off").Trim();
        StoreName = Schema.PostgresStoreMigrator.Describe(options.ConnectionString);
        _connections = new NpgsqlDataSourceBuilder(parts.ConnectionString).Build();
    }

    /// <summary>Host and database, for messages.</summary>
    public string StoreName { get; }

    /// <summary>Fencing number of this silo's ownership; null in a cluster of silos, where nobody owns the store alone.</summary>
    public long? OwnerEpoch { get; set; }

    /// <summary>Key of the advisory lock that an owner's transactions share and a take-over needs alone.</summary>
    public long LockKey { get; private set; }

    /// <summary>Fires when waiting for an absent server is pointless because the silo stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Fires when another silo has taken the store over.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>An id that no other write has.</summary>
    public long NextWriteId() => Interlocked.Increment(ref _writeIds);

    public NpgsqlConnection OpenConnection() => _connections.OpenConnection();

    public ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken) => _connections.OpenConnectionAsync(cancellationToken);

    public PostgresBackOff NewBackOff() => new(_options.ReconnectDelayMax, _options.OutageTimeout, _clock);

    /// <summary>Sets <see cref="LockKey"/>. Needed before the ownership is taken.</summary>
    public async Task ReadLockKeyAsync(CancellationToken cancellationToken) => LockKey = await RunAsync(
        _options.Schema,
        static async (connection, schema, token) =>
        {
            // Of the database: stores of one schema name in two databases of a server do not disturb each other, as advisory locks do not either.
            await using var command = new NpgsqlCommand("SELECT hashtextextended('orleansflow owner of ' || $1, 0)", connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
            return (long)(await command.ExecuteScalarAsync(token))!;
        },
        cancellationToken);

    /// <summary>Nothing may be written any more.</summary>
    public void ReportLost()
    {
        try
        {
            _lost.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The store was closed at the same time.
        }
    }

    /// <summary>From now on nobody waits for an absent server for longer than this.</summary>
    public void StopWaiting(TimeSpan after)
    {
        _stopTimer ??= _clock.CreateTimer(static state => ((PostgresSession)state!)._stopping.Cancel(), this, after, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Runs something that may be repeated, on a connection of the pool; while the server is away it is tried again.</summary>
    /// <exception cref="Errors.FlowException"><c>store_unavailable</c>, <c>store_in_use</c>.</exception>
    public async Task<TResult> RunAsync<TState, TResult>(
        TState state, Func<NpgsqlConnection, TState, CancellationToken, Task<TResult>> run, CancellationToken cancellationToken)
    {
        PostgresBackOff? outage = null;
        while (true)
        {
            try
            {
                await using var connection = await OpenConnectionAsync(cancellationToken);
                try
                {
                    return await run(connection, state, cancellationToken);
                }
                catch (Exception exception) when (exception.GetType() == typeof(Exception))
                {
                    // The driver lost track of what the server answers, which happens after a statement that the server refused while it was being
                    // prepared. It gives such a connection up; the next one knows nothing of it.
                    throw new NpgsqlException(exception.Message, new IOException("The connection is out of step with the server.", exception));
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                outage ??= NewBackOff();
                if (!PostgresFailures.IsOutage(exception) || !await outage.WaitAsync(Stopping))
                {
                    throw PostgresFailures.Translate(exception, StoreName);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopTimer is not null)
        {
            // Waits for its callback.
            await _stopTimer.DisposeAsync();
        }

        await _connections.DisposeAsync();
        _stopping.Dispose();
        _lost.Dispose();
    }
}
